"""Environment and flags to switches."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reports.consent.record import Category
from reports.consent.switches import (
    NO_DISTRIBUTION,
    AdministratorPolicy,
    Distribution,
    is_set,
    read_switches,
)

START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, False),
        ("", False),
        ("0", False),
        ("false", False),
        ("False", False),
        ("FALSE", False),
        ("1", True),
        ("true", True),
        ("no", True),
        ("off", True),
        ("00", True),
        (" ", True),
        ("0 ", True),
    ],
)
@pytest.mark.parametrize("name", ["DO_NOT_TRACK", "CRASHWATCH_NO_TELEMETRY"])
def test_any_value_but_empty_0_and_false_opts_out(name, value, expected):
    environment = {} if value is None else {name: value}
    switches = read_switches(environment)
    got = {
        "DO_NOT_TRACK": switches.do_not_track,
        "CRASHWATCH_NO_TELEMETRY": switches.variable,
    }
    assert got.pop(name) is expected
    assert not any(got.values())
    assert is_set(value) is expected


def test_nothing_set_switches_nothing():
    switches = read_switches({})
    assert not any((switches.flag, switches.variable, switches.do_not_track))
    assert not switches.headless
    assert not switches.operator
    assert switches.distribution is NO_DISTRIBUTION


def test_an_operator_consents_in_headless_mode_only():
    environment = {"CRASHWATCH_CONSENT": "crash, usage"}
    with_person = read_switches(environment)
    assert not with_person.operator
    assert with_person.notes == (
        "CRASHWATCH_CONSENT counts in headless mode only: ignored.",
    )
    headless = read_switches(environment, headless_since=START)
    assert headless.operator == {Category.CRASH, Category.USAGE}
    assert headless.notes == ()


def test_settings_say_it_for_all_headless_runs_and_for_no_other():
    headless = read_switches({}, headless_since=START, operator=("crash",))
    assert headless.operator == {Category.CRASH}
    with_person = read_switches({}, operator=("crash",))
    assert not with_person.operator
    assert with_person.notes == ()


@pytest.mark.parametrize(("value", "left"), [("", set()), ("usage", {Category.USAGE})])
def test_the_variable_replaces_what_the_settings_say(value, left):
    environment = {"CRASHWATCH_CONSENT": value}
    switches = read_switches(environment, headless_since=START, operator=("crash",))
    assert switches.operator == left


def test_an_unknown_category_allows_nothing_and_is_said():
    switches = read_switches(
        {"CRASHWATCH_CONSENT": "all,crash,\x1b[2J"}, headless_since=START
    )
    assert switches.operator == {Category.CRASH}
    (note,) = switches.notes
    assert "unknown category" in note
    assert note.isprintable()


@pytest.mark.parametrize("value", ["", ",", " , ", "CRASH", "crash usage", "*"])
def test_what_is_no_list_of_categories_allows_nothing(value):
    switches = read_switches({"CRASHWATCH_CONSENT": value}, headless_since=START)
    assert not switches.operator


def test_the_rest_is_handed_on():
    policy = AdministratorPolicy(forbidden=frozenset({Category.USAGE}))
    switches = read_switches(
        {}, no_telemetry=True, policy=policy, distribution=Distribution(off=True)
    )
    assert switches.flag
    assert switches.policy is policy
    assert switches.distribution.off
