"""The gate: what was agreed to and may be sent now, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from reports.home import open_home
from reports.spool.directory import Spool
from reports.upload.gate import Refusal, Sendable, admit, ask, before_send
from tests.doubles.sample_payload import digests, sample_event, sample_payload

ID = "0123456789abcdef0123456789abcdef"
NOW = datetime(2026, 3, 5, tzinfo=UTC)


def yes(_question):
    return SimpleNamespace(allowed=True, reason="agreed")


def no(_question):
    return SimpleNamespace(allowed=False, reason="refused")


@pytest.fixture
def stored(tmp_path):
    spool = Spool(open_home(tmp_path / "home"), now=lambda: NOW)
    payload = sample_payload(ID, minidump=b"MDMP")
    spool.add(payload)
    spool.approve(ID, digests(payload), how="window", sequence=7)
    return spool.read(ID)


@pytest.fixture
def sendable(stored):
    return admit(stored, yes)


def test_consent_is_asked_about_this_very_report(stored):
    asked = []
    admit(stored, lambda question: asked.append(question) or yes(question))
    (question,) = asked
    assert (question.id, question.category) == (ID, "crash")
    assert question.created == datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert (question.how, question.sequence) == ("window", 7)


def test_what_was_agreed_to_passes_with_all_its_items(stored, sendable):
    assert sendable.id == ID
    assert sendable.items == stored.items
    assert sendable.digests == {item.sha256 for item in stored.items}


def test_the_smaller_variant_is_the_event_alone(stored, sendable):
    smaller = sendable.without_minidump()
    assert smaller.items == stored.items[:1]
    assert smaller.without_minidump() is None


def test_a_refusal_says_why(stored):
    assert admit(stored, no) == Refusal("refused")


def test_without_an_approval_consent_is_not_even_asked(stored):
    def never(_question):
        raise AssertionError

    unapproved = replace(stored, approval=None)
    assert admit(unapproved, never) == Refusal("nobody agreed to these bytes")


def test_bytes_that_nobody_agreed_to_do_not_pass(stored):
    changed = replace(stored, items=sample_payload(ID, padding="!").items)
    assert isinstance(admit(changed, yes), Refusal)


@pytest.mark.parametrize(
    "answer", [None, True, 1, "yes", SimpleNamespace(allowed=1, reason="")]
)
def test_an_answer_that_is_no_decision_means_no(answer):
    assert ask(lambda _question: answer, None).allowed is False


def test_only_the_gate_makes_sendables(sendable):
    with pytest.raises(TypeError, match=r"reports\.upload\.gate only"):
        Sendable(object(), sendable.question, sendable.items)


class TestBeforeSend:
    def test_the_agreed_event_comes_out_whatever_went_in(self, sendable):
        event = {"event_id": ID, "server_name": "h", "extra": {"x": 1}}
        assert before_send(event, sendable, yes) == sample_event(ID)
        assert json.dumps(
            before_send(event, sendable, yes), separators=(",", ":")
        ).encode() == (sendable.items[0].data)

    def test_an_event_that_nobody_expects_is_dropped(self, sendable):
        assert before_send({"event_id": "f" * 32}, sendable, yes) is None
        assert before_send({}, sendable, yes) is None
        assert before_send({"event_id": ID}, None, yes) is None

    def test_consent_is_asked_again(self, sendable):
        assert before_send({"event_id": ID}, sendable, no) is None
