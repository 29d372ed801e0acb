"""The record's text, and what of it stands."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.consent.own_file import NotBelievedError
from reports.consent.record import (
    Category,
    Choice,
    ConsentRecord,
    Given,
    State,
    Terms,
    granted_state,
    refused_state,
    states_of,
    unanswered_state,
)
from reports.consent.record_text import (
    log_bytes,
    parse_log,
    parse_record,
    record_bytes,
)
from reports.consent.standing import newest_choices, standing

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TERMS = Terms(policy_version=2, disclosure_sha256="a" * 64)


def choice(category=Category.USAGE, state=State.GRANTED, sequence=5, **changes):
    values = {
        "category": category,
        "state": state,
        "sequence": sequence,
        "given": NOW,
        "how": Given.PROMPT,
        "policy_version": 2,
        "disclosure_sha256": "a" * 64,
        "application_version": "0.1.0",
    }
    return Choice(**(values | changes))


def test_a_record_comes_back_as_it_was():
    record = ConsentRecord(choices=(choice(), choice(Category.CRASH, State.NEVER)))
    data = record_bytes(record)
    assert parse_record(data) == record
    assert json.loads(data)["choices"][0] == {
        "category": "usage",
        "state": "granted",
        "sequence": 5,
        "given": "2026-03-01T12:00:00Z",
        "how": "prompt",
        "policy_version": 2,
        "disclosure_sha256": "a" * 64,
        "application_version": "0.1.0",
    }


def test_a_log_comes_back_without_what_is_torn():
    choices = (choice(), choice(Category.CRASH, State.ALWAYS, 6))
    data = log_bytes(choices)
    assert parse_log(data) == choices
    assert parse_log(data[:-20]) == choices[:1]
    assert parse_log(b"\xff\x00\n" + data) == choices
    newer = data.replace(b'"schema": 1', b'"schema": 2', 1)
    assert parse_log(newer) == choices[1:]


@pytest.mark.parametrize("category", Category)
def test_states_fit_their_category(category):
    states = {granted_state(category), refused_state(category)}
    assert states | {unanswered_state(category)} == states_of(category)
    for state in set(State) - states_of(category):
        record = ConsentRecord(choices=(choice(category, state),))
        with pytest.raises(NotBelievedError):
            parse_record(record_bytes(record))


def edited(**changes):
    fields = json.loads(record_bytes(ConsentRecord(choices=(choice(),))))
    fields["choices"][0] |= changes
    return json.dumps(fields).encode()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"{", "damaged or was edited"),
        (b"\x7fELF\x00", "damaged or was edited"),
        (b"[]", "damaged or was edited"),
        (b"null", "damaged or was edited"),
        (b"{}", "damaged or was edited"),
        (b"[" * 50_000, "damaged or was edited"),
        (b'{"schema": 1, "choices": [], "extra": 1}', "damaged or was edited"),
        (b'{"schema": 2, "anything": 1}', "newer version"),
        (b'{"schema": 0, "choices": []}', "damaged or was edited"),
        (b'{"schema": true, "choices": []}', "damaged or was edited"),
        (b'{"schema": 1.0, "choices": []}', "damaged or was edited"),
        (b'{"schema": 1, "choices": [], "choices": []}', "damaged or was edited"),
        (b'{"schema": 1, "choices": {}}', "damaged or was edited"),
        (b'{"schema": NaN, "choices": []}', "damaged or was edited"),
        (b'{"schema": ' + b"9" * 5000 + b"}", "damaged or was edited"),
        ('{"schema": 1, "choices": []}'.encode("utf-16"), "damaged or was edited"),
        (b'{"schema": "1", "choices": []}', "damaged or was edited"),
        (edited(state="always"), "damaged or was edited"),
        (edited(state="yes"), "damaged or was edited"),
        (edited(category="everything"), "damaged or was edited"),
        (edited(given="2026-03-01T12:00:00"), "damaged or was edited"),
        (edited(given="yesterday"), "damaged or was edited"),
        (edited(given="9999-12-31T23:59:59-23:00"), "damaged or was edited"),
        (edited(given=1), "damaged or was edited"),
        (edited(given="9999-99-99T00:00:00Z"), "damaged or was edited"),
        (edited(sequence=0), "damaged or was edited"),
        (edited(sequence="5"), "damaged or was edited"),
        (edited(policy_version=None), "damaged or was edited"),
        (edited(how=["cli"]), "damaged or was edited"),
        (edited(disclosure_sha256="A" * 64), "damaged or was edited"),
        (edited(disclosure_sha256="a" * 64 + "\n"), "damaged or was edited"),
        (edited(application_version="a b"), "damaged or was edited"),
        (edited(secret="canary"), "damaged or was edited"),
        (record_bytes(ConsentRecord(choices=(choice(),)))[:-30], "damaged"),
    ],
)
def test_what_is_no_record_is_refused_without_repeating_it(data, why):
    with pytest.raises(NotBelievedError, match=why) as caught:
        parse_record(data)
    assert "canary" not in str(caught.value)


def test_a_category_twice_is_refused():
    record = ConsentRecord(choices=(choice(), choice(state=State.REFUSED)))
    with pytest.raises(NotBelievedError):
        parse_record(record_bytes(record))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_record_or_refused(data):
    refused = False
    try:
        parse_record(data)
    except NotBelievedError:
        refused = True
    assert refused
    assert parse_log(data) == ()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"given": NOW + timedelta(minutes=5)}, ""),
        ({"given": NOW + timedelta(minutes=6)}, "it is dated in the future"),
        ({"policy_version": 1}, "the privacy policy has changed since"),
        (
            {"policy_version": 3},
            "it was given for a newer privacy policy than this version has",
        ),
        ({"disclosure_sha256": "b" * 64}, "the disclosure has changed since"),
        ({"how": Given.ADMINISTRATOR}, "it was not given by you"),
        ({"how": Given.HEADLESS_OPERATOR}, "it was not given by you"),
    ],
)
def test_a_grant_holds_only_for_the_words_it_was_given_on(changes, reason):
    state = standing((choice(**changes),), terms=TERMS, now=NOW)
    assert state.lapse(Category.USAGE) == reason
    assert (state.choice(Category.USAGE) is None) == bool(reason)
    assert state.sequence == 5

    refused = choice(state=State.REFUSED, **changes)
    state = standing((refused,), terms=TERMS, now=NOW)
    assert state.choice(Category.USAGE) == refused
    assert state.lapsed == ()


GRANT, REFUSAL = choice(sequence=5), choice(state=State.REFUSED, sequence=6)
LATER_GRANT = choice(sequence=7)
OPERATOR = choice(sequence=8, how=Given.HEADLESS_OPERATOR)


@pytest.mark.parametrize(
    ("recorded", "log", "newest"),
    [
        ((), (), ()),
        ((GRANT,), (), (GRANT,)),
        ((GRANT,), (GRANT,), (GRANT,)),
        ((), (GRANT,), ()),
        ((GRANT,), (GRANT, REFUSAL), (REFUSAL,)),
        ((), (GRANT, REFUSAL), (REFUSAL,)),
        ((), (GRANT, REFUSAL, LATER_GRANT), ()),
        ((LATER_GRANT,), (GRANT, REFUSAL), (LATER_GRANT,)),
        ((REFUSAL,), (REFUSAL, LATER_GRANT), (REFUSAL,)),
        ((), (REFUSAL, OPERATOR), (REFUSAL,)),
        ((GRANT,), (GRANT, REFUSAL, OPERATOR), (REFUSAL,)),
    ],
)
def test_a_refusal_counts_from_either_file_and_a_grant_from_the_record(
    recorded, log, newest
):
    record = ConsentRecord(choices=recorded) if recorded else None
    assert newest_choices(record, log) == newest


def test_without_terms_no_grant_holds_and_refusals_do():
    refused = choice(Category.CRASH, State.NEVER)
    state = standing((refused, choice()), terms=None, now=NOW)
    assert state.choices == (refused,)
    assert state.lapse(Category.USAGE) == "what it was given for was not looked up"
