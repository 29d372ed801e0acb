"""A crash that was there before, and a program that crashes in a loop. Pure.

A person is asked once a day about one crash (as Apport does), told by its fingerprint,
and not at all about a program that crashes again and again: the reports are kept.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from reports.crash_report import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from reports.backtrace import Frame
    from reports.crash_report import CrashReport

ASK_AGAIN = timedelta(hours=24)
LOOP = timedelta(minutes=10)
LOOP_COUNT = 3
"""So many deaths of a program within ``LOOP``, the newest included, are a loop."""

_FRAMES = 5
_DEATHS = frozenset({Outcome.SIGNAL, Outcome.UNCAUGHT_MAIN})


class Repetition(NamedTuple):
    """What came before a crash.

    Attributes:
        before: Id of the latest report of the same crash within a day, or empty.
        deaths: How often its program died within ``LOOP``, this one included.
    """

    before: str
    deaths: int

    @property
    def in_loop(self) -> bool:
        """Whether the program crashes again and again."""
        return self.deaths >= LOOP_COUNT

    @property
    def is_quiet(self) -> bool:
        """Whether no question is asked."""
        return bool(self.before) or self.in_loop


def fingerprint(report: CrashReport) -> str:
    """The same for two reports of one crash: how it ended, and the innermost calls.

    Lines and addresses differ from run to run and from version to version.
    """
    crashed = next((thread for thread in report.threads if thread.crashed), None)
    frames: tuple[Frame, ...] = crashed.frames or crashed.native if crashed else ()
    raised = report.exception
    if raised is not None:
        frames = raised.frames
    parts = [
        report.program,
        report.reason.kind.value,
        report.reason.signal or "",
        raised.type if raised is not None else "",
        *(f"{frame.file} {frame.function}" for frame in frames[:_FRAMES]),
    ]
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def repetition(report: CrashReport, earlier: Sequence[CrashReport]) -> Repetition:
    """What came before ``report``; other reports of the same run may be among them."""
    own = fingerprint(report)
    same = [
        other
        for other in earlier
        if _is_within(ASK_AGAIN, report.created, other.created)
        and fingerprint(other) == own
    ]
    deaths = [
        other
        for other in (report, *earlier)
        if other.program == report.program
        and other.reason.kind in _DEATHS
        and _is_within(LOOP, report.created, other.created)
    ]
    latest = max(same, key=lambda other: other.created, default=None)
    return Repetition("" if latest is None else latest.id, len(deaths))


def _is_within(span: timedelta, now: datetime, then: datetime) -> bool:
    """Of another clock's future nothing is known, so it does not count."""
    return timedelta(0) <= now - then < span
