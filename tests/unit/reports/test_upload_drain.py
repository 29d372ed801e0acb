"""One pass over the queue: what goes, and what never does."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from reports.errors import StorageError
from reports.lifecycle import Event, State
from reports.rights.held import ids_that_left
from reports.spool.fates import take_fates
from tests.doubles.local_receiver import KEY, Reply
from tests.doubles.sample_payload import sample_payload
from tests.doubles.stored_bytes import put, stored_file
from tests.doubles.upload_bench import (
    NO,
    YES,
    file_of,
    queue,
)


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

    def test_how_far_it_is_is_told_before_each(self, spool, receiver, run):
        told = []
        for _ in range(3):
            queue(spool)
        run(
            progress=lambda done, all_: told.append(
                (done, all_, len(receiver.requests))
            )
        )
        assert told == [(0, 3, 0), (1, 3, 1), (2, 3, 2)]

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
        assert "consent was withdrawn" in result.refused[0].why
        assert receiver.requests == []
        assert spool.find(payload.id).state is State.QUEUED

    def test_of_what_changed_on_the_disk(self, spool, receiver, run):
        bad, good = queue(spool), queue(spool)
        other = sample_payload(bad.id, padding="!")
        put(spool.home.in_state(State.QUEUED) / bad.id, "envelope", other.envelope)
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


class TestRaces:
    def test_a_report_discarded_when_it_has_arrived_is_remembered(
        self, spool, receiver, run, monkeypatch
    ):
        payload = queue(spool)
        deliver = spool.deliver

        def another_process_is_faster(receipt):
            spool.discard(payload.id)
            deliver(receipt)

        monkeypatch.setattr(spool, "deliver", another_process_is_faster)
        assert run().sent == [payload.id]
        assert receiver.stored[payload.id] == 1
        assert [(line.event, line.before) for line in spool.ledger()] == [
            (Event.DISCARD, State.QUEUED),
            (Event.DELIVER, State.QUEUED),
        ]
        assert take_fates(spool).captured == 1

    def test_one_discarded_before_the_first_bytes_does_not_go(
        self, spool, receiver, run
    ):
        payload = queue(spool)
        asked = []

        def discards_late(question):
            asked.append(question)
            if len(asked) == 3:  # The gate, the hook, and now the first bytes.
                spool.discard(payload.id)
            return YES

        assert [held.id for held in run(discards_late).refused] == [payload.id]
        assert receiver.requests == []
        # Whoever erases everything asks for it all the same: bytes may have left.
        assert ids_that_left(spool) == {payload.id: ""}

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
        os.truncate(stored_file(queued / bad.id, "report.json"), 10)
        (queued / "stranger").write_text("")
        result = run()
        assert result.sent == [good.id]
        assert {held.id for held in result.set_aside} == {bad.id, "stranger"}
