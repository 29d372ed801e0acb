"""The audit: every field explained, and the last search made again."""

import json

import pytest

from reports.audit import audit
from reports.compose import compose
from reports.errors import ReportsError
from reports.payload import Item
from reports.sanitize import sanitize
from scrubbers import Identity
from tests.doubles.sample_evidence import in_app, one_thread, sample_evidence
from tests.doubles.sample_snapshot import sample

NOBODY = Identity()
QUARLES = Identity(user="quarlesz", home="/home/quarlesz")


def payload_of(**changes):
    return compose(sample_evidence(**changes), identity=NOBODY)


def audited(payload, identity=NOBODY):
    return audit(payload.report_json, payload.items, identity=identity)


def by_path(found):
    return {field.field: field for field in found.fields}


def test_each_field_has_its_reason_and_its_form():
    found = audited(payload_of(picture=sanitize(sample(), identity=NOBODY)))
    assert found.is_clean
    assert all(field.why for field in found.fields)
    fields = by_path(found)
    assert fields["reason.signal"].form.startswith(r"\ASIG")
    assert fields["threads[].crashed"].form == "yes or no"
    assert fields["threads[].frames[].file"].values == 4
    assert "minidump THREAD_LIST" in fields


def test_what_was_removed_stands_at_its_field():
    fields = by_path(audited(payload_of()))
    at_name = fields["threads[].name"].removed
    assert [(each.rule, each.count) for each in at_name] == [("thread name", 1)]
    at_file = fields["threads[].frames[].file"].removed
    assert [(each.rule, each.count) for each in at_file] == [("path", 4)]


def test_an_identity_learnt_later_is_found():
    """As a name that was not known when the report was made."""
    told = payload_of(threads=one_thread(in_app("draw_quarlesz")))
    found = audited(told, QUARLES)
    assert not found.is_clean
    assert "user:report.threads.frames.function" in found.hits
    assert {hit.partition(":")[0] for hit in found.hits} == {"home", "user"}


def test_words_of_the_code_are_nobodys_environment():
    person = Identity(extra=(("environment", "string_at"), ("argument", "SIGSEGV")))
    assert audited(payload_of(), person).is_clean


def test_a_field_nobody_declared_is_told():
    payload = payload_of()
    report = json.loads(payload.report_json) | {"mood": "sad"}
    found = audit(json.dumps(report).encode(), payload.items, identity=NOBODY)
    assert found.unexplained == ("mood",)
    assert not found.is_clean


def test_an_event_with_more_than_the_report_is_told():
    payload = payload_of()
    event = json.loads(payload.items[0].data) | {"server_name": "rabbit"}
    items = (Item("event", "", json.dumps(event).encode()),)
    found = audit(payload.report_json, items, identity=NOBODY)
    assert not found.event_is_the_report
    assert not found.is_clean


def test_what_is_no_crash_report_cannot_be_audited():
    with pytest.raises(ReportsError, match="no crash report"):
        audit(b'{"schema": 1}', (), identity=NOBODY)
