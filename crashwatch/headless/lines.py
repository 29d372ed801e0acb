"""A report as plain lines for logs and test results. Pure; each line is for the eye."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crashwatch.frame_text import frame_place
from crashwatch.headless.outcome import title_of
from crashwatch.prompts.screen_text import escaped
from reports.joined_stack import joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crashwatch.headless.outcome import Finding
    from reports.backtrace import Frame
    from reports.crash_report import CrashReport, RaisedException

MOST_FRAMES = 60
"""Calls shown of one stack: the outer ones of an endless recursion say nothing."""


def finding_lines(finding: Finding, program: str) -> Iterator[str]:
    """What happened, the exception, the stacks; the crashed thread comes first."""
    yield escaped(title_of(finding, program))
    if finding.report is not None:
        yield from map(escaped, _told(finding.report))


def stack_lines(frames: Iterable[Frame]) -> Iterator[str]:
    """One line for each call, not yet escaped."""
    shown = list(frames)
    for frame in shown[:MOST_FRAMES]:
        yield f"  {frame.function:<28} {frame_place(frame)}"
    if len(shown) > MOST_FRAMES:
        yield f"  and {len(shown) - MOST_FRAMES} more calls"


def exception_lines(raised: RaisedException) -> Iterator[str]:
    """An exception, and those it came of or holds."""
    yield f"{raised.type}: {raised.message}".rstrip(": ")
    yield from (f"  note: {note}" for note in raised.notes)
    yield from stack_lines(raised.frames)
    if raised.cause is not None:
        yield "caused by"
        yield from exception_lines(raised.cause)
    for number, member in enumerate(raised.group, 1):
        yield f"member {number} of the group {raised.type}"
        yield from exception_lines(member)


def _told(report: CrashReport) -> Iterator[str]:
    if report.exception is not None:
        yield ""
        yield from exception_lines(report.exception)
    for thread in report.threads:
        yield ""
        mark = " (crashed)" if thread.crashed else ""
        yield f"Thread {thread.name or '(name left out)'}{mark}"
        yield from stack_lines(joined(thread))
