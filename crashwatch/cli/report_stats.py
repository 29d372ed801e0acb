"""All reports together: how many, of what kind, on which days, which again. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from crashwatch.frame_text import frame_place
from crashwatch.prompts.repeated import fingerprint
from reports.lifecycle import STORED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reports.backtrace import Frame
    from reports.crash_report import CrashReport
    from reports.spool.summary import Summary

DAYS = 30
"""So many days, the last one among them, are told one by one."""


class DayCount(msgspec.Struct, frozen=True):
    """Reports made on a day, UTC."""

    day: date
    reports: int


class ReasonCount(msgspec.Struct, frozen=True):
    """Reports of one reason: how it ended, and the signal if one."""

    kind: str
    signal: str | None
    reports: int


class SameCrash(msgspec.Struct, frozen=True):
    """Reports of one crash.

    Attributes:
        fingerprint: SHA-256 over program, end and innermost calls.
        where: The innermost call of the program's own code, else the innermost.
        latest: Id of the newest report.
    """

    fingerprint: str
    program: str
    kind: str
    signal: str | None
    function: str
    where: str
    reports: int
    first: datetime
    last: datetime
    latest: str


class ReportStats(msgspec.Struct, frozen=True):
    """What ``reports stats`` tells.

    Attributes:
        states: Reports by state; each state is there.
        categories: Reports by consent category.
        reasons: Of crash reports, the most frequent first.
        days: ``DAYS`` days, the oldest first.
        crashes: How many different crashes there are.
        top: The most frequent of them.
        unread: Reports whose content is gone (withheld) or cannot be read.
    """

    reports: int
    bytes: int
    states: dict[str, int]
    categories: dict[str, int]
    reasons: tuple[ReasonCount, ...]
    days: tuple[DayCount, ...]
    crashes: int
    top: tuple[SameCrash, ...]
    unread: int


class Read(NamedTuple):
    """A row of the list and, of a crash, its report where it could be read."""

    row: Summary
    report: CrashReport | None


def stats_of(read: Sequence[Read], today: date, most: int = 5) -> ReportStats:
    """Count.

    Args:
        read: All reports.
        today: The last day told, UTC.
        most: How many crashes are told one by one.
    """
    rows = [each.row for each in read]
    states = Counter(row.state for row in rows)
    crashes = _crashes(each.report for each in read if each.report)
    return ReportStats(
        reports=len(rows),
        bytes=sum(row.bytes for row in rows),
        states={state.value: states[state] for state in STORED},
        categories=dict(Counter(row.category for row in rows).most_common()),
        reasons=_reasons(rows),
        days=_days(rows, today),
        crashes=len(crashes),
        top=tuple(crashes[:most]),
        unread=sum(1 for each in read if each.report is None and _is_crash(each.row)),
    )


def _is_crash(row: Summary) -> bool:
    return row.category in {"crash", "unknown"}


def _reasons(rows: Iterable[Summary]) -> tuple[ReasonCount, ...]:
    counted = Counter((r.reason.kind, r.reason.signal) for r in rows if r.reason)
    return tuple(ReasonCount(*why, number) for why, number in counted.most_common())


def _days(rows: Iterable[Summary], today: date) -> tuple[DayCount, ...]:
    counted = Counter(row.created.date() for row in rows)
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    return tuple(DayCount(day, counted[day]) for day in days)


def _crashes(reports: Iterable[CrashReport]) -> list[SameCrash]:
    """The most frequent first; of two that are as frequent, the newer."""
    groups: defaultdict[str, list[CrashReport]] = defaultdict(list)
    for report in reports:
        groups[fingerprint(report)].append(report)
    found = [_same(key, group) for key, group in groups.items()]
    return sorted(found, key=lambda same: (same.reports, same.last), reverse=True)


def _same(key: str, group: Sequence[CrashReport]) -> SameCrash:
    ordered = sorted(group, key=lambda report: report.created)
    newest = ordered[-1]
    frame = _telling(newest)
    return SameCrash(
        fingerprint=key,
        program=newest.program,
        kind=newest.reason.kind.value,
        signal=newest.reason.signal,
        function=frame.function if frame else "",
        where=frame_place(frame) if frame else "",
        reports=len(group),
        first=ordered[0].created,
        last=newest.created,
        latest=newest.id,
    )


def _telling(report: CrashReport) -> Frame | None:
    """The call that says most of where it was."""
    frames: tuple[Frame, ...] = ()
    if report.exception is not None:
        frames = report.exception.frames
    else:
        crashed = next((t for t in report.threads if t.crashed), None)
        frames = crashed.frames or crashed.native if crashed else ()
    own = (frame for frame in frames if frame.file.startswith("<app>"))
    return next(own, frames[0] if frames else None)
