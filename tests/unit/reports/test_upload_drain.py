"""One pass over the queue, against a server that answers as told."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from reports.errors import StorageError
from reports.home import open_home
from reports.lifecycle import Event, State
from reports.spool.account import take_account
from reports.spool.directory import Spool
from reports.spool.lock import held
from reports.upload.clock import Clock
from reports.upload.drain import Manners, drain
from reports.upload.dsn import parse_dsn
from reports.upload.wire import Limits, Network
from tests.doubles.local_receiver import KEY, Receiver, Reply
from tests.doubles.sample_payload import digests, sample_payload

FAST = Network(limits=Limits(2, 0.5, 2, 1e9))
YES = SimpleNamespace(allowed=True, reason="granted")
NO = SimpleNamespace(allowed=False, reason="refused by the person")


@dataclass
class Time:
    """A clock that moves only when told; sleeping moves it."""

    now: datetime = datetime(2026, 3, 5, tzinfo=UTC)
    seconds: float = 0.0

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.seconds += seconds

    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: self.seconds, self.advance)


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def spool(tmp_path, time):
    return Spool(open_home(tmp_path / "home"), now=lambda: time.now, patience=0.2)


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def run(spool, receiver, time):
    """Drain with defaults that a test may change."""

    def run(may_send=lambda _question: YES, network=FAST, **manners):
        manners = {"fraction": lambda: 0.5, "try_zstd": False} | manners
        return drain(
            spool,
            parse_dsn(receiver.dsn),
            may_send,
            network=network,
            clock=time.clock(),
            manners=Manners(**manners),
        )

    return run


def queue(spool, payload=None, *, how="prompt"):
    payload = payload or sample_payload()
    spool.add(payload)
    spool.approve(payload.id, digests(payload), how=how)
    return payload


class TestDelivered:
    def test_what_arrives_is_what_was_agreed_to(self, spool, receiver, run):
        payload = queue(spool, sample_payload(minidump=b"MDMP\n\x00\xff" * 100))
        result = run()
        assert result.sent == [payload.id]
        (request,) = receiver.requests
        stored = spool.read(payload.id)
        assert request.envelope == stored.sent_envelope
        assert (
            request.envelope.split(b"\n", 1)[1] == (payload.envelope.split(b"\n", 1)[1])
        )
        assert stored.envelope == payload.envelope
        assert stored.summary.state is State.SENT

    def test_the_receipt_tells_what_where_and_how_much(self, spool, receiver, run):
        receiver.usual = Reply(headers=(("Date", "Thu, 05 Mar 2026 00:01:30 GMT"),))
        payload = queue(spool)
        result = run()
        receipt = spool.read(payload.id).receipt
        assert receipt.host == f"127.0.0.1:{receiver.port}"
        assert (receipt.status, receipt.encoding) == (200, "gzip")
        assert receipt.event_id == payload.id
        assert receipt.clock_skew == 90.0
        assert receipt.sent_at == "2026-03-05T00:00:00.000Z"
        assert [item.sha256 for item in receipt.items] == [payload.items[0].sha256]
        assert receipt.wire_bytes == result.wire_bytes
        body = len(receiver.requests[0].body)
        assert body < receipt.wire_bytes < body + 450

    def test_the_request_is_one_of_ours(self, spool, receiver, run):
        queue(spool)
        run()
        (request,) = receiver.requests
        assert request.line == "POST /api/1/envelope/ HTTP/1.1"
        assert f"sentry_key={KEY}" in request.headers["x-sentry-auth"]
        assert set(request.headers) == {
            "host",
            "content-type",
            "content-encoding",
            "content-length",
            "accept-encoding",
            "user-agent",
            "x-sentry-auth",
        }

    def test_a_batch_goes_over_one_connection_crashes_first_oldest_first(
        self, spool, receiver, run
    ):
        late = queue(spool, sample_payload(created="2026-01-03T00:00:00Z"))
        usage = queue(
            spool, sample_payload(category="usage", created="2026-01-01T00:00:00Z")
        )
        early = queue(spool, sample_payload(created="2026-01-02T00:00:00Z"))
        assert run().sent == [early.id, late.id, usage.id]
        assert receiver.connections == 1

    def test_the_event_alone_goes_when_only_that_was_agreed_to(
        self, spool, receiver, run
    ):
        payload = sample_payload(minidump=b"MDMP")
        spool.add(payload)
        spool.approve(payload.id, {payload.items[0].sha256}, how="prompt")
        run()
        assert b"MDMP" not in receiver.requests[0].envelope

    def test_nothing_is_sent_twice(self, spool, receiver, run):
        queue(spool)
        run()
        assert run().sent == []
        assert len(receiver.requests) == 1

    def test_a_connection_that_the_server_closed_is_opened_again(
        self, spool, receiver, run
    ):
        receiver.replies = [Reply(), Reply(fault="close", phase="accept")]
        first, second = queue(spool), queue(spool)
        assert set(run().sent) == {first.id, second.id}
        assert receiver.connections == 2


class TestNotOneByte:
    def test_without_approval(self, spool, receiver, run):
        spool.add(sample_payload())
        assert run().sent == []
        assert receiver.connections == 0

    def test_without_consent(self, spool, receiver, run):
        payload = queue(spool)
        result = run(lambda _question: NO)
        assert [(h.id, h.why) for h in result.refused] == [
            (payload.id, "refused by the person")
        ]
        assert receiver.connections == 0
        assert spool.find(payload.id).state is State.QUEUED

    @pytest.mark.parametrize("answer", [None, 1, "yes", SimpleNamespace(allowed=1)])
    def test_with_an_answer_that_is_no_clear_yes(self, spool, receiver, run, answer):
        queue(spool)
        assert len(run(lambda _question: answer).refused) == 1
        assert receiver.connections == 0

    def test_when_asking_fails(self, spool, receiver, run):
        def broken(question):
            raise RuntimeError(question.category)

        queue(spool)
        assert run(broken).refused[0].why == "consent could not be read"
        assert receiver.connections == 0

    def test_when_consent_goes_between_the_gate_and_the_hook(
        self, spool, receiver, run
    ):
        answers = [YES, NO]
        payload = queue(spool)
        result = run(lambda _question: answers.pop(0) if answers else NO)
        assert [held.id for held in result.refused] == [payload.id]
        assert receiver.connections == 0

    def test_a_withdrawal_breaks_off_in_the_middle(self, spool, receiver, run):
        answers = [YES] * 4
        payload = queue(spool, sample_payload(minidump=os.urandom(50_000)))
        result = run(lambda _question: answers.pop(0) if answers else NO)
        assert "consent was withdrawn" in result.kept[0].why
        assert receiver.requests == []
        assert spool.find(payload.id).state is State.QUEUED

    def test_of_what_changed_on_the_disk(self, spool, receiver, run):
        bad, good = queue(spool), queue(spool)
        other = sample_payload(bad.id, padding="!")
        file = spool.home.in_state(State.QUEUED) / bad.id / "envelope"
        file.write_bytes(other.envelope)
        result = run()
        assert result.sent == [good.id]
        assert [held.id for held in result.set_aside] == [bad.id]
        assert [request.event_id for request in receiver.requests] == [good.id]

    def test_when_no_notes_can_be_taken(self, spool, receiver, run):
        queue(spool)
        upload = spool.home.make_folder(spool.home.upload)
        in_the_way = upload / f".{file_of(receiver)}.new"
        (in_the_way / "x").mkdir(parents=True)
        with pytest.raises(StorageError, match="cannot take notes"):
            run()
        assert receiver.connections == 0


def file_of(receiver):
    from reports.upload.memory import file_name

    return file_name(parse_dsn(receiver.dsn))


class TestRaces:
    def test_a_report_discarded_on_its_way_is_remembered(self, spool, receiver, run):
        payload = queue(spool)
        asked = []

        def discards_late(question):
            asked.append(question)
            if len(asked) == 3:  # The gate, the hook, and now the first bytes.
                spool.discard(payload.id)
            return YES

        assert run(discards_late).sent == [payload.id]
        assert receiver.stored[payload.id] == 1
        assert [(line.event, line.before) for line in spool.ledger()] == [
            (Event.DISCARD, State.QUEUED),
            (Event.DELIVER, State.QUEUED),
        ]
        assert take_account(spool).captured == 1

    def test_consent_is_asked_about_the_report_and_not_its_category(self, spool, run):
        asked = []
        payload = queue(spool)
        run(lambda question: asked.append(question) or YES)
        assert {(q.id, q.category, q.how) for q in asked} == {
            (payload.id, "crash", "prompt")
        }


class TestCorruptEntries:
    def test_they_never_block_the_rest(self, spool, run):
        bad, good = queue(spool), queue(spool)
        queued = spool.home.in_state(State.QUEUED)
        os.truncate(queued / bad.id / "report.json", 10)
        (queued / "stranger").write_text("")
        result = run()
        assert result.sent == [good.id]
        assert {held.id for held in result.set_aside} == {bad.id, "stranger"}


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
        assert run().waiting_until == time.now + timedelta(seconds=30)
        assert len(receiver.requests) == 1
        time.advance(31)
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
        from uuid import UUID

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
        time.advance(31)
        assert set(run().sent) == {good.id for good in goods}
        assert spool.find(bad.id).state is State.QUEUED


class TestPauses:
    @pytest.mark.parametrize(
        ("status", "headers", "seconds"),
        [
            (429, (), 60),
            (429, (("Retry-After", "3600"),), 3600),
            (429, (("Retry-After", "Thu, 05 Mar 2026 02:00:00 GMT"),), 7200),
            (503, (("Retry-After", "900"),), 900),
            (429, (("X-Sentry-Rate-Limits", "120::key"),), 120),
            (429, (("Retry-After", "99999999"),), 86400 / 1.05),
        ],
    )
    def test_the_server_says_how_long(
        self, spool, receiver, run, time, status, headers, seconds
    ):
        receiver.usual = Reply(status, headers)
        queue(spool)
        run()
        expected = time.now + timedelta(seconds=seconds * 1.05)
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
        assert pauses == [30, 60, 120, 240]
        receiver.usual = Reply()
        run()
        receiver.usual = Reply(503)
        queue(spool)
        run()
        assert run().waiting_until == time.now + timedelta(seconds=30)

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
        time.advance(61)
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
