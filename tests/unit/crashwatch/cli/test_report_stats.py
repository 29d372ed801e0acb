"""Counts over all reports."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crashwatch.cli.report_stats import DAYS, Read, ReasonCount, stats_of
from crashwatch.cli.screen import text_of
from crashwatch.cli.stats_text import sparkline, stats_lines
from reports.crash_report import Outcome, RaisedException, Reason
from reports.lifecycle import State
from reports.spool.summary import Summary, SummaryReason
from tests.doubles.sample_crash import NOON, call, native, sample_crash, thread

TODAY = NOON.date()


def read(report, state=State.PENDING, category="crash"):
    reason = SummaryReason(report.reason.kind.value, report.reason.signal)
    row = Summary(
        report.id, state, category, report.created, report.program, reason, 100
    )
    return Read(row, report if category == "crash" else None)


def told(stats, **how):
    return [text_of(line) for line in stats_lines(stats, **how)]


def test_states_reasons_and_categories_are_counted():
    found = stats_of(
        [
            read(sample_crash(1)),
            read(sample_crash(2), State.SENT),
            read(sample_crash(3, reason=Reason(Outcome.UNCAUGHT_MAIN)), State.SENT),
            read(sample_crash(4), State.QUEUED, category="usage"),
        ],
        TODAY,
    )
    assert (found.reports, found.bytes, found.unread) == (4, 400, 0)
    assert found.states == {
        "pending": 1,
        "queued": 1,
        "sent": 2,
        "withheld": 0,
        "quarantine": 0,
    }
    assert found.categories == {"crash": 3, "usage": 1}
    assert found.reasons == (
        ReasonCount("signal", "SIGSEGV", 3),
        ReasonCount("uncaught_main", None, 1),
    )


def test_a_day_is_told_even_where_nothing_came():
    reports = [
        sample_crash(1),
        sample_crash(2, created=NOON - timedelta(days=2)),
        sample_crash(3, created=NOON - timedelta(days=2)),
        sample_crash(4, created=NOON - timedelta(days=DAYS)),
    ]
    days = stats_of(list(map(read, reports)), TODAY).days
    assert [day.reports for day in days[-3:]] == [2, 0, 1]
    assert len(days) == DAYS
    assert (days[-1].day, days[0].day) == (TODAY, TODAY - timedelta(days=DAYS - 1))
    assert sum(day.reports for day in days) == 3


def test_reports_of_one_crash_are_one_line_the_most_frequent_first():
    often = [
        sample_crash(n, created=NOON - timedelta(hours=n), threads=(thread(call("a")),))
        for n in (3, 2, 1)
    ]
    newer = sample_crash(9, created=NOON + timedelta(hours=1))
    older = sample_crash(8, created=NOON - timedelta(days=1), program="other")
    found = stats_of([read(newer), *map(read, often), read(older)], TODAY, most=1)
    assert found.crashes == 3
    (top,) = found.top
    assert (top.reports, top.function, top.where) == (3, "a", "<app>/view.py:7")
    assert top.latest == often[-1].id
    assert (top.first, top.last) == (often[0].created, often[-1].created)
    text = "\n".join(told(found))
    assert "The most frequent of 3 different crashes" in text
    assert f"newest {top.latest[:8]}" in text


@pytest.mark.parametrize(
    ("report", "function"),
    [
        (
            sample_crash(
                threads=(thread(call("wait", 1, "<stdlib>/x.py"), call("draw")),)
            ),
            "draw",
        ),
        (sample_crash(threads=(thread(call("wait", 1, "<stdlib>/x.py")),)), "wait"),
        (sample_crash(threads=()), ""),
        (
            sample_crash(
                exception=RaisedException("builtins.E", frames=(call("get"),))
            ),
            "get",
        ),
    ],
    ids=["own", "no own", "none", "exception"],
)
def test_the_call_that_says_most_of_where_it_was(report, function):
    (top,) = stats_of([read(report)], TODAY).top
    assert top.function == function


def test_a_native_crash_is_told_by_its_innermost_call():
    from reports.backtrace import Thread

    only = Thread("main", True, (), native=(native("strlen"),))
    (top,) = stats_of([read(sample_crash(threads=(only,)))], TODAY).top
    assert (top.function, top.where) == ("strlen", "libc.so.6+0x1000")


def test_what_could_not_be_read_is_counted():
    row = read(sample_crash()).row
    assert stats_of([Read(row, None)], TODAY).unread == 1


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([], ""),
        ([0, 0], "  "),
        ([1], "█"),
        ([1, 2, 3, 4, 5, 6, 7, 8], "▁▂▃▄▅▆▇█"),
        ([1, 0, 1000], "▁ █"),
        ([5, 5], "██"),
    ],
)
def test_a_sparkline(counts, shown):
    assert sparkline(counts) == shown
    assert sparkline(counts, blocks=False).isascii()
    assert len(sparkline(counts, blocks=False)) == len(counts)


def test_where_the_screen_has_no_blocks_everything_is_ascii():
    found = stats_of([read(sample_crash())], TODAY)
    assert all(line.isascii() for line in told(found, blocks=False))
    assert any("█" in line for line in told(found))


def test_it_fits_a_screen():
    reports = [
        sample_crash(n, threads=(thread(call(f"f{n}")),), reason=Reason(kind))
        for n, kind in enumerate([*Outcome][:3])
    ]
    lines = told(stats_of(list(map(read, reports)), TODAY))
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 24
