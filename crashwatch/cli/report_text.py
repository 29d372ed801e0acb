"""A report as lines: what happened, every thread, what was removed. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crashwatch.frame_text import frame_place
from crashwatch.supervisor.exit_reason import sentence
from reports.joined_stack import joined
from reports.test_name import test_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.backtrace import Frame
    from reports.crash_report import CrashReport, RaisedException
    from reports.spool.entry import StoredReport


def report_lines(report: CrashReport, stored: StoredReport) -> Iterator[str]:
    """Everything the report holds, crashed thread first."""
    raised = "" if report.exception is None else report.exception.type
    yield sentence(report.reason, report.program, raised)
    yield f"Report {report.id}, {stored.summary.state.value}"
    yield f"{report.created:%Y-%m-%d %H:%M:%S} UTC"
    yield ""
    yield from _facts(report)
    if report.exception is not None:
        yield ""
        yield from _exception(report.exception)
    for thread in report.threads:
        yield ""
        mark = "crashed" if thread.crashed else "alive"
        yield f"Thread {thread.name or '(name left out)'} ({mark})"
        yield from (_frame(frame) for frame in joined(thread))
    yield ""
    yield from _removed(report)
    yield ""
    yield "What would be sent, and its SHA-256:"
    for item in stored.items:
        yield f"  {item.name or item.type}: {len(item.data)} bytes, {item.sha256}"


def _facts(report: CrashReport) -> Iterator[str]:
    process, system = report.process, report.system
    reason = report.reason
    named = [reason.signal, reason.signal_code]
    yield f"  reason    {reason.kind.value} {' '.join(n for n in named if n)}".rstrip()
    if test := test_name(report):
        yield f"  test      {test}"
    yield (
        f"  system    {system.system} {system.release} {system.machine}, "
        f"{system.implementation} {system.python}"
    ).rstrip(" ,")
    threads = f"{process.thread_count} threads, " if process.thread_count else ""
    yield (
        f"  process   {threads}"
        f"{process.peak_resident_bytes // 1024} KB at most, "
        f"{process.cpu_user + process.cpu_system:.2f} s of CPU"
    )
    yield f"  captured  {report.capture.method}: {', '.join(report.capture.sources)}"
    for error in report.capture.soft_errors:
        yield f"  not read  {error}"


def _exception(raised: RaisedException) -> Iterator[str]:
    yield f"Exception {raised.type}: {raised.message}".rstrip(": ")
    yield from (f"  note: {note}" for note in raised.notes)
    yield from (_frame(frame) for frame in raised.frames)
    if raised.cause is not None:
        yield "caused by"
        yield from _exception(raised.cause)
    for number, member in enumerate(raised.group, 1):
        yield f"member {number} of the group {raised.type}"
        yield from _exception(member)


def _frame(frame: Frame) -> str:
    return f"  {frame.function:<28} {frame_place(frame)}"


def _removed(report: CrashReport) -> Iterator[str]:
    if not report.removed:
        yield "Removed: nothing had to be."
        return
    yield "Removed before anything was written:"
    for removal in report.removed:
        yield f"  {removal.count:>4}  {removal.rule} ({removal.place})"
