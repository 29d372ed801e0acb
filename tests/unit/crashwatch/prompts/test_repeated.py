"""The same crash again, and a program in a loop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crashwatch.prompts.repeated import Repetition, fingerprint, repetition
from reports.backtrace import Frame, Thread
from reports.crash_report import (
    CaptureFacts,
    CrashReport,
    Outcome,
    ProcessFacts,
    Reason,
    SystemFacts,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def crash(ago=timedelta(0), function="draw", kind=Outcome.SIGNAL, line=7, **changes):
    frames = (Frame(function, "<app>/view.py", line), Frame("run", "<app>/main.py", 1))
    given = {
        "schema": 1,
        "id": f"{int(ago.total_seconds()):032x}",
        "created": NOON - ago,
        "category": "crash",
        "program": "pachyterm",
        "reason": Reason(kind, "SIGSEGV" if kind is Outcome.SIGNAL else None),
        "threads": (Thread("MainThread", crashed=True, frames=frames),),
        "process": ProcessFacts(),
        "system": SystemFacts("Linux", "6.1", "x86_64"),
        "capture": CaptureFacts("hold"),
    }
    return CrashReport(**(given | changes))


def test_lines_make_no_difference_and_calls_do():
    assert fingerprint(crash(line=7)) == fingerprint(crash(line=8))
    assert fingerprint(crash()) != fingerprint(crash(function="resize"))
    assert fingerprint(crash()) != fingerprint(crash(program="other"))
    assert fingerprint(crash()) != fingerprint(crash(kind=Outcome.UNCAUGHT_MAIN))


@pytest.mark.parametrize(
    ("ago", "quiet"),
    [
        (timedelta(seconds=0), True),
        (timedelta(hours=23, minutes=59), True),
        (timedelta(hours=24), False),
        (timedelta(hours=-1), False),
    ],
)
def test_the_same_crash_is_asked_about_once_a_day(ago, quiet):
    other = crash(ago)
    found = repetition(crash(), [other])
    assert found.is_quiet is quiet
    assert found.before == (other.id if quiet else "")


def test_another_crash_is_asked_about():
    found = repetition(crash(), [crash(timedelta(hours=1), "resize")])
    assert found == Repetition("", 1)
    assert not found.is_quiet


@pytest.mark.parametrize(
    ("minutes", "deaths"), [((1, 2), 3), ((1, 9), 3), ((1, 11), 2), ((30, 60), 1)]
)
def test_three_deaths_in_ten_minutes_are_a_loop_whatever_they_were(minutes, deaths):
    earlier = [crash(timedelta(minutes=m), f"call{m}") for m in minutes]
    found = repetition(crash(), earlier)
    assert found.deaths == deaths
    assert found.in_loop is found.is_quiet is (deaths >= 3)


def test_what_a_program_outlives_is_no_death_and_others_deaths_are_theirs():
    earlier = [
        crash(timedelta(minutes=1), "a", kind=Outcome.UNCAUGHT_THREAD),
        crash(timedelta(minutes=2), "b", kind=Outcome.HANDLED),
        crash(timedelta(minutes=3), "c", program="other"),
        crash(timedelta(minutes=4), "d", program="other"),
    ]
    assert repetition(crash(), earlier) == Repetition("", 1)
