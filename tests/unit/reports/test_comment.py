"""What a person wrote about a crash: through every wall, and into the event."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.audit import audit
from reports.compose import compose, with_comment
from reports.crash_report import LONGEST_COMMENT, CrashReport
from reports.envelope import parse_envelope
from reports.errors import WithheldError
from reports.sanitize import sanitize
from scrubbers import Identity, Scrubbed
from tests.doubles.sample_evidence import sample_evidence
from tests.doubles.sample_payload import sample_payload
from tests.doubles.sample_snapshot import sample

ID = "0123456789abcdef0123456789abcdef"
NOBODY = Identity()
QUARLES = Identity(
    user="quarlesz",
    home="/home/quarlesz",
    full_name="Zoë Quarles",
    extra=(("argument", "--diary=teapot-42"), ("environment", "marmalade-key")),
)


def crash(identity=QUARLES):
    evidence = sample_evidence(picture=sanitize(sample(), identity=NOBODY))
    return compose(evidence, identity=identity, report_id=ID)


def with_text(text, before=None, identity=QUARLES):
    before = before or crash()
    return with_comment(before.report_json, before.items, text, identity=identity)


def report_of(payload):
    return msgspec.json.decode(payload.report_json, type=CrashReport)


def test_it_is_in_the_report_and_in_the_event_and_nothing_else_changes():
    before, after = crash(), with_text("I had just split the pane")
    assert report_of(after).comment == "I had just split the pane"
    (event, dump), (event_before, dump_before) = after.items, before.items
    assert json.loads(event.data)["contexts"]["feedback"] == {
        "type": "feedback",
        "message": "I had just split the pane",
    }
    assert event.sha256 != event_before.sha256
    assert dump == dump_before
    assert parse_envelope(after.envelope).items == after.items
    assert after.id == before.id
    assert with_text("", after) == before


def test_it_is_scrubbed_like_everything_and_what_went_is_counted():
    text = "Zoë Quarles here, mail zoe@hole.example, see /home/quarlesz/diary.txt"
    after = with_text(text)
    told = report_of(after)
    assert told.comment == "<name> here, mail <email>, see <home>/<path>"
    removed = {r.rule for r in told.removed if r.place == "comment"}
    assert {"full name", "email"} <= removed or {"name", "email"} <= removed
    assert b"quarles" not in (after.report_json + after.envelope).lower()
    again = report_of(with_text("fine", after))
    assert not any(r.place == "comment" for r in again.removed)


def test_to_comment_in_the_words_that_were_shown_changes_nothing():
    shown = report_of(with_text("see /home/quarlesz/diary.txt")).comment
    assert report_of(with_text(shown)).comment == shown


@pytest.mark.parametrize(
    "text",
    [
        "it was --diary=teapot-42",
        "marmalade-key",
        "quarl\u00adesz",
        "quarl\u200besz",
        "%71%75%61%72%6c%65%73%7a",
    ],
)
def test_arguments_variables_and_disguised_names_are_taken_out(text):
    comment = report_of(with_text(text)).comment
    assert comment.endswith(("<secret>", "<user>")), comment


@pytest.mark.parametrize("text", ["I am quarlesz", "marmalade-key"])
def test_what_the_second_wall_lets_through_the_last_one_finds(text, monkeypatch):
    def leaky(text, *, identity):
        return Scrubbed(text, ())

    monkeypatch.setattr("reports.comment.scrub", leaky)
    with pytest.raises(WithheldError) as refused:
        with_text(text)
    assert any("comment" in rule for rule in refused.value.rules)
    assert "marmalade" not in str(refused.value)
    assert "quarlesz" not in str(refused.value)


def test_it_is_one_line_no_longer_than_it_may_be_and_commands_nothing():
    comment = report_of(with_text("a\nb\x1b[2J\u202e" + "c" * 2000)).comment
    assert comment.startswith("a b")
    assert comment.isprintable()
    assert len(comment) == LONGEST_COMMENT


def test_a_name_that_is_cut_in_two_by_the_limit_is_gone_first():
    comment = report_of(with_text("x " * 147 + "quarlesz" + " y" * 20)).comment
    assert "qua" not in comment


@given(st.text(max_size=400))
def test_whatever_is_typed_is_a_payload_or_a_refusal_and_names_nobody(text):
    planted = f"{text} quarlesz {text}"
    before = sample_payload(ID)
    try:
        after = with_comment(before.report_json, (), planted, identity=QUARLES)
    except WithheldError:
        return
    assert report_of(after).comment.isprintable()
    assert b"quarlesz" not in after.report_json + after.envelope


def test_counts_of_a_day_take_none():
    usage = sample_payload(ID, category="usage")
    broken = usage.report_json.replace(b'"reason"', b'"metrics"')
    with pytest.raises(WithheldError):
        with_comment(broken, usage.items, "hello", identity=NOBODY)


def test_its_audit_explains_it():
    after = with_text("see /home/quarlesz/diary.txt")
    found = audit(after.report_json, after.items, identity=QUARLES)
    assert found.is_clean
    (field,) = [field for field in found.fields if field.field == "comment"]
    assert field.why == "what you wrote about it, if you did, as you were shown it"
    assert [removal.rule for removal in field.removed] == ["path"]
