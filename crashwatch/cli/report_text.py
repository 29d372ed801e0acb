"""A report as lines: what happened, every thread, what was removed. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crashwatch.cli.screen import Span, Tint, line
from crashwatch.frame_text import frame_place
from crashwatch.prompts.size_text import counted
from crashwatch.supervisor.exit_reason import sentence
from reports.crash_report import Outcome
from reports.joined_stack import joined
from reports.test_name import test_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crashwatch.cli.screen import Line
    from reports.backtrace import Frame, Thread
    from reports.crash_report import CrashReport, RaisedException
    from reports.spool.entry import StoredReport

    Where = Callable[[Frame], str]

_WIDTH = 28
_OWN = "<app>"
_ASIDE = ("<frozen>", "<private>", "<module>")


def nowhere(frame: Frame) -> str:  # noqa: ARG001 -- the shape of Where
    """No frame's file is looked for."""
    return ""


def report_lines(
    report: CrashReport, stored: StoredReport, where: Where = nowhere
) -> Iterator[Line]:
    """Everything the report holds, the crashed thread first.

    Args:
        report: The report.
        stored: Its entry.
        where: Gives the path of a frame's file on this machine, or the empty string.
    """
    raised = "" if report.exception is None else report.exception.type
    yield line(sentence(report.reason, report.who, raised), Tint.ALARM)
    yield line(f"Report {report.id}, {stored.summary.state.value}")
    yield line(f"{report.created:%Y-%m-%d %H:%M:%S} UTC")
    yield ()
    yield from map(line, _facts(report))
    if report.exception is not None:
        yield ()
        yield from _exception(report.exception, where)
    for thread in sorted(report.threads, key=lambda each: not each.crashed):
        yield ()
        yield thread_head(thread)
        yield from (frame_line(frame, where) for frame in joined(thread))
    yield ()
    yield from map(line, _removed(report))
    yield ()
    yield line("What would be sent, and its SHA-256:")
    for item in stored.items:
        yield line(f"  {item.name or item.type}: {len(item.data)} bytes, {item.sha256}")


def thread_head(thread: Thread) -> Line:
    """The line above a thread's calls."""
    name = Span(f"Thread {thread.name or '(name left out)'}", Tint.TITLE)
    if thread.crashed:
        return name, Span(" ("), Span("crashed", Tint.ALARM), Span(")")
    return name, Span(" (alive)")


def frame_line(frame: Frame, where: Where = nowhere) -> Line:
    """One call: function and place, the program's own standing out."""
    function = f"{frame.function:<{_WIDTH}}"
    if frame.file.startswith(_OWN) and not frame.module:
        place = Span(frame_place(frame), Tint.PLACE, where(frame))
        return Span("  "), Span(function, Tint.OWN), Span(" "), place
    aside = bool(frame.module) or frame.file.startswith(_ASIDE)
    tint = Tint.FAINT if aside else Tint.PLAIN
    return Span("  "), Span(f"{function} {frame_place(frame)}", tint)


def _facts(report: CrashReport) -> Iterator[str]:
    process, system = report.process, report.system
    reason = report.reason
    named = [reason.signal, reason.signal_code]
    if reason.kind is Outcome.HANG:
        named.append(process.status)
    yield f"  reason    {reason.kind.value} {' '.join(n for n in named if n)}".rstrip()
    if report.release:
        yield f"  release   {report.release}"
    if report.child_of:
        yield f"  child of  {report.child_of}"
    if test := test_name(report):
        yield f"  test      {test}"
    yield (
        f"  system    {system.system} {system.release} {system.machine}, "
        f"{system.implementation} {system.python}"
    ).rstrip(" ,")
    count = process.thread_count
    threads = f"{counted(count, 'thread')}, " if count else ""
    peak = process.peak_resident_bytes or process.resident_bytes
    yield (
        f"  process   {threads}"
        f"{peak // 1024} KB at most, "
        f"{process.cpu_user + process.cpu_system:.2f} s of CPU"
        + (f" in {process.uptime:.1f} s" if process.uptime else "")
    )
    yield f"  captured  {report.capture.method}: {', '.join(report.capture.sources)}"
    for error in report.capture.soft_errors:
        yield f"  not read  {error}"
    if report.comment:
        yield f"  comment   {report.comment}"


def _exception(raised: RaisedException, where: Where) -> Iterator[Line]:
    head = Span(f"Exception {raised.type}", Tint.TITLE)
    yield (head, Span(f": {raised.message}")) if raised.message else (head,)
    yield from (line(f"  note: {note}") for note in raised.notes)
    yield from (frame_line(frame, where) for frame in raised.frames)
    if raised.cause is not None:
        yield line("caused by")
        yield from _exception(raised.cause, where)
    for number, member in enumerate(raised.group, 1):
        yield line(f"member {number} of the group {raised.type}")
        yield from _exception(member, where)


def _removed(report: CrashReport) -> Iterator[str]:
    if not report.removed:
        yield "Removed: nothing had to be."
        return
    yield "Removed before anything was written:"
    for removal in report.removed:
        yield f"  {removal.count:>4}  {removal.rule} ({removal.place})"
