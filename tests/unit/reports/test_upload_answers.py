"""What a server may answer or do to us, and what becomes of the report then."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from uuid import UUID

import pytest

from reports.lifecycle import Event, State
from reports.spool.lock import held
from reports.upload.drain import drain
from reports.upload.dsn import parse_dsn
from reports.upload.wire import Limits, Network
from tests.doubles.local_receiver import Receiver, Reply
from tests.doubles.sample_payload import sample_payload
from tests.doubles.upload_bench import (
    FAST,
    YES,
    file_of,
    queue,
)


class TestAnswers:
    @pytest.mark.parametrize(
        "status", [401, 403, 404, 407, 408, 425, 500, 502, 503, 504, 520]
    )
    def test_not_now_keeps_the_report_and_waits(
        self, spool, receiver, run, time, status
    ):
        receiver.usual = Reply(status)
        payload = queue(spool)
        result = run()
        assert [held.id for held in result.kept] == [payload.id]
        assert run().waiting_until == time.now + timedelta(minutes=30)
        assert len(receiver.requests) == 1
        time.advance(1801)
        receiver.usual = Reply()
        assert run().sent == [payload.id]

    @pytest.mark.parametrize("status", [400, 410, 415, 422])
    def test_never_sets_the_report_aside_and_goes_on(
        self, spool, receiver, run, status
    ):
        receiver.replies = [Reply(status)]
        bad = queue(spool, sample_payload(created="2026-01-01T00:00:00Z"))
        good = queue(spool)
        result = run()
        assert result.sent == [good.id]
        assert [held.id for held in result.set_aside] == [bad.id]
        assert spool.find(bad.id).state is State.QUARANTINE
        assert spool.ledger()[-1].event is Event.REJECT

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_not_followed(self, spool, receiver, run, status):
        with Receiver() as elsewhere:
            there = f"http://127.0.0.1:{elsewhere.port}/api/1/envelope/"
            receiver.usual = Reply(status, (("Location", there),))
            payload = queue(spool)
            assert [held.id for held in run().kept] == [payload.id]
            assert elsewhere.connections == 0
        assert len(receiver.requests) == 1

    @pytest.mark.parametrize(
        "body",
        [b"", b"{}", b"[]", b"<html>log in</html>", b'{"id":"' + b"0" * 32 + b'"}'],
    )
    def test_a_200_that_does_not_confirm_is_no_receipt(
        self, spool, receiver, run, body
    ):
        receiver.usual = Reply(body=body)
        queue(spool)
        assert "did not confirm" in run().kept[0].why

    def test_a_dashed_id_confirms(self, spool, receiver, run):
        payload = queue(spool)
        dashed = str(UUID(payload.id)).upper()
        receiver.usual = Reply(body=json.dumps({"id": dashed}).encode())
        assert run().sent == [payload.id]

    def test_too_large_goes_without_its_minidump(self, spool, receiver, run):
        receiver.replies = [Reply(413)]
        payload = queue(spool, sample_payload(minidump=b"MDMP"))
        assert run().sent == [payload.id]
        assert b"MDMP" in receiver.requests[0].envelope
        assert b"MDMP" not in receiver.requests[1].envelope
        stored = spool.read(payload.id)
        assert [item.type for item in stored.receipt.items] == ["event"]
        assert stored.sent_envelope == receiver.requests[1].envelope

    def test_too_large_without_a_minidump_is_set_aside(self, spool, receiver, run):
        receiver.usual = Reply(413)
        payload = queue(spool, sample_payload(minidump=b"MDMP"))
        assert [held.id for held in run().set_aside] == [payload.id]
        assert len(receiver.requests) == 2

    def test_one_that_the_server_chokes_on_keeps_nobody_waiting(
        self, spool, receiver, run, time
    ):
        receiver.replies = [Reply(500)]
        bad = queue(spool, sample_payload(created="2026-01-01T00:00:00Z"))
        goods = [queue(spool) for _ in range(3)]
        assert run().sent == []
        receiver.replies = [Reply(), Reply(), Reply(), Reply(500)]
        time.advance(1801)
        assert set(run().sent) == {good.id for good in goods}
        assert spool.find(bad.id).state is State.QUEUED


class TestPauses:
    @pytest.mark.parametrize(
        ("status", "headers", "seconds"),
        [
            (429, (), 43_200),
            (429, (("Retry-After", "3600"),), 43_200),
            (429, (("Retry-After", "50000"),), 50_000),
            (429, (("Retry-After", "Thu, 05 Mar 2026 20:00:00 GMT"),), 72_000),
            (503, (("Retry-After", "60000"),), 60_000),
            (429, (("X-Sentry-Rate-Limits", "70000::key"),), 70_000),
            (429, (("Retry-After", "99999999"),), 86_400),
        ],
    )
    def test_the_server_says_how_long_at_least(
        self, spool, receiver, run, time, status, headers, seconds
    ):
        receiver.usual = Reply(status, headers)
        queue(spool)
        run()
        expected = time.now + timedelta(seconds=seconds)
        assert abs(run().waiting_until - expected) < timedelta(seconds=1)

    def test_a_limit_beside_a_receipt_is_kept_to(self, spool, receiver, run, time):
        receiver.usual = Reply(headers=(("X-Sentry-Rate-Limits", "60:error:key"),))
        queue(spool)
        queue(spool)
        assert len(run().sent) == 1
        assert run().waiting_until == time.now + timedelta(seconds=60)

    def test_a_limit_of_another_category_is_not_ours(self, spool, receiver, run):
        limits = "86400:transaction;span:organization"
        receiver.usual = Reply(headers=(("X-Sentry-Rate-Limits", limits),))
        queue(spool)
        queue(spool)
        assert len(run().sent) == 2

    def test_failures_add_up_over_restarts_and_a_success_ends_them(
        self, spool, receiver, run, time
    ):
        receiver.usual = Reply(503)
        queue(spool)
        pauses = []
        for _ in range(4):
            run()
            until = run().waiting_until
            pauses.append((until - time.now).total_seconds())
            time.now = until
        assert pauses == [1800, 43_200, 43_200, 43_200]
        receiver.usual = Reply()
        run()
        receiver.usual = Reply(503)
        queue(spool)
        run()
        assert run().waiting_until == time.now + timedelta(minutes=30)

    def test_a_person_may_ask_at_once(self, spool, receiver, run):
        receiver.replies = [Reply(503)]
        payload = queue(spool)
        run()
        assert run(at_once=True).sent == [payload.id]

    @pytest.mark.parametrize("jump", [-365, 365])
    def test_a_clock_that_jumps_a_year_does_not_block(
        self, spool, receiver, run, time, jump
    ):
        receiver.replies = [Reply(503)]
        payload = queue(spool)
        run()
        time.now += timedelta(days=jump)
        assert run().sent == [payload.id]

    def test_illegible_notes_are_forgotten(self, spool, receiver, run):
        receiver.replies = [Reply(503)]
        payload = queue(spool)
        run()
        (spool.home.upload / file_of(receiver)).write_text("{")
        assert run().sent == [payload.id]


class TestFaults:
    @pytest.mark.parametrize("phase", ["accept", "head", "body", "stored", "half"])
    @pytest.mark.parametrize("fault", ["reset", "close", "stall"])
    def test_a_fault_in_any_phase_keeps_the_report(
        self, spool, receiver, run, time, phase, fault
    ):
        receiver.replies = [Reply(fault=fault, phase=phase)]
        payload = queue(spool)
        result = run()
        assert [held.id for held in result.kept] == [payload.id]
        time.advance(3601)
        assert run().sent == [payload.id]
        assert set(receiver.stored) == {payload.id}

    @pytest.mark.parametrize(
        "raw",
        [
            b"\x00" * 300,
            b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
            b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
            b"HTTP/1.1 999999 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        ],
    )
    def test_garbage_keeps_the_report(self, spool, receiver, run, raw):
        receiver.usual = Reply(raw=raw)
        payload = queue(spool)
        assert [held.id for held in run().kept] == [payload.id]

    def test_an_endless_answer_is_cut(self, spool, receiver, run):
        receiver.usual = Reply(body=b" " * 10_000_000)
        queue(spool)
        assert "did not confirm" in run().kept[0].why

    def test_a_dripping_answer_ends_with_the_total(self, spool, receiver, run):
        receiver.usual = Reply(drip=True, headers=(("X", "y" * 200),))
        network = Network(limits=Limits(2, 0.5, 1.0, 1e9))
        payload = queue(spool)
        assert [held.id for held in run(network=network).kept] == [payload.id]

    def test_nobody_listening_keeps_the_report(self, spool, time):
        with Receiver() as gone:
            dsn = gone.dsn
        payload = queue(spool)
        result = drain(
            spool,
            parse_dsn(dsn),
            lambda _question: YES,
            network=FAST,
            clock=time.clock(),
        )
        assert "refused" in result.kept[0].why
        assert spool.find(payload.id).state is State.QUEUED


class TestManners:
    def test_one_uploader_at_a_time(self, spool, receiver, run):
        queue(spool)
        home = spool.home
        with held(home.make_folder(home.upload) / "lock", patience=0):
            assert run().busy
        assert receiver.connections == 0

    def test_standing_consent_keeps_to_the_budget_of_the_day(self, spool, run, time):
        for _ in range(4):
            payload = sample_payload(minidump=os.urandom(3000))
            queue(spool, payload, how="always")
        result = run()
        assert len(result.sent) == 2
        assert {held.why for held in result.kept} == {"today's budget is spent"}
        assert result.wire_bytes < 10_240
        time.advance(86_400)
        assert len(run().sent) == 2

    def test_what_a_person_looked_at_goes_at_once(self, spool, run):
        queue(spool, sample_payload(minidump=os.urandom(20_000)), how="prompt")
        later = sample_payload(created="2026-04-01T00:00:00Z")
        waiting = queue(spool, later, how="always")
        result = run()
        assert len(result.sent) == 1
        assert [held.id for held in result.kept] == [waiting.id]

    def test_the_wire_keeps_to_its_bandwidth(self, spool, run, time):
        slow = Network(limits=Limits(2, 5, 10, 16_384))
        queue(spool, sample_payload(minidump=os.urandom(65_536)))
        before = time.seconds
        run(network=slow)
        assert 3 <= time.seconds - before <= 4.2

    def test_a_pass_may_be_bounded(self, spool, run):
        for _ in range(3):
            queue(spool)
        assert len(run(most=2).sent) == 2


class TestZstd:
    def test_it_is_used_where_it_is_taken(self, spool, receiver, run):
        payload = queue(spool)
        run(try_zstd=True)
        assert receiver.requests[0].headers["content-encoding"] == "zstd"
        assert spool.read(payload.id).receipt.encoding == "zstd"

    def test_a_server_without_it_gets_gzip_at_once_and_from_then_on(self, spool, time):
        with Receiver(zstd=False) as receiver:
            first, second = queue(spool), queue(spool)
            result = drain(
                spool,
                parse_dsn(receiver.dsn),
                lambda _question: YES,
                network=FAST,
                clock=time.clock(),
            )
            assert set(result.sent) == {first.id, second.id}
            assert len(receiver.requests) == 2
            assert receiver.received_bytes > sum(
                len(request.body) for request in receiver.requests
            )
        assert spool.read(first.id).receipt.encoding == "gzip"
