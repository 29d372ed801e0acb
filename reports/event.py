"""A crash report as a Sentry event, in Sentry's words. Pure.

Field names and the order of frames (oldest first) are those of
https://develop.sentry.dev/sdk/data-model/event-payloads/. Only fields of the report
go in; there is no message, no user, no server name, no request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.crash_report import Outcome
from reports.joined_stack import joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.backtrace import Frame, Thread
    from reports.crash_report import CrashReport, RaisedException

Json = dict[str, object]

_SURVIVED = frozenset(
    {Outcome.UNCAUGHT_THREAD, Outcome.UNRAISABLE, Outcome.HANDLED, Outcome.HANG}
)


def event_of(report: CrashReport) -> Json:
    """The event, ready for ``reports.envelope.event_bytes``."""
    event: Json = {
        "event_id": report.id,
        "timestamp": report.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "platform": "python",
        "level": "error" if report.reason.kind in _SURVIVED else "fatal",
        "exception": {"values": list(_exceptions(report))},
        "tags": _tags(report),
        "contexts": _contexts(report),
        "sdk": {"name": "crashwatch", "version": str(report.schema)},
    }
    if report.release:
        event["release"] = report.release
    if report.threads:
        event["threads"] = {
            "values": [_thread(number, t) for number, t in enumerate(report.threads)]
        }
    return event


def _exceptions(report: CrashReport) -> Iterator[Json]:
    """Innermost cause first, as Sentry wants it; a signal is the last exception."""
    chain: list[RaisedException] = []
    raised = report.exception
    while raised is not None:
        chain.append(raised)
        raised = raised.cause
    for link in reversed(chain):
        yield _exception(link.type, "", report, link.frames, None)
    if report.reason.signal is not None:
        crashed = next((n for n, t in enumerate(report.threads) if t.crashed), None)
        frames = () if crashed is None else joined(report.threads[crashed])
        kind = report.reason.signal
        yield _exception(kind, report.reason.signal_code or "", report, frames, crashed)
    elif not chain:
        yield _exception(report.reason.kind.value, "", report, (), None)


def _exception(
    kind: str,
    value: str,
    report: CrashReport,
    frames: tuple[Frame, ...],
    thread: int | None,
) -> Json:
    exception: Json = {
        "type": kind,
        "value": value,
        "mechanism": {
            "type": "crashwatch",
            "handled": report.reason.kind is Outcome.HANDLED,
        },
    }
    if frames:
        exception["stacktrace"] = {"frames": _frames(frames)}
    if thread is not None:
        exception["thread_id"] = thread
    return exception


def _thread(number: int, thread: Thread) -> Json:
    value: Json = {
        "id": number,
        "name": thread.name,
        "crashed": thread.crashed,
        "current": thread.crashed,
    }
    frames = joined(thread)
    if frames:
        value["stacktrace"] = {"frames": _frames(frames)}
    return value


def _frames(frames: tuple[Frame, ...]) -> list[Json]:
    return [_frame(frame) for frame in reversed(frames)]


def _frame(frame: Frame) -> Json:
    value: Json = {
        "function": frame.function,
        "filename": frame.file,
        "in_app": frame.file.startswith("<app>"),
    }
    if frame.line is not None:
        value["lineno"] = frame.line
    if frame.module:
        value["package"] = frame.module
        value["platform"] = "native"
    if frame.guessed:
        value["trust"] = "scan"
    if frame.address is not None:
        value["instruction_addr"] = hex(frame.address)
    return value


def _tags(report: CrashReport) -> Json:
    tags = {
        "category": report.category,
        "outcome": report.reason.kind.value,
        "program": report.program,
        "capture": report.capture.method,
    }
    if report.reason.signal is not None:
        tags["signal"] = report.reason.signal
    return {**tags}


def _python_threads(report: CrashReport) -> Json:
    """Each Python thread's stack as text, where a receiver would lose it otherwise.

    A receiver that reads a minidump puts its native threads in the place of the event's
    own (Bugsink does); contexts are left alone.
    """
    stacks: Json = {"type": "python_threads"}
    for number, thread in enumerate(report.threads):
        mark = " (crashed)" if thread.crashed else ""
        stacks[f"{number} {thread.name}".rstrip() + mark] = [
            f"{frame.function} ({frame.file}:{frame.line or 0})"
            for frame in thread.frames
        ]
    return stacks


def _contexts(report: CrashReport) -> Json:
    system, process = report.system, report.process
    contexts: Json = {
        "os": {"name": system.system, "version": system.release},
        "device": {"arch": system.machine},
        "process": {
            "type": "process",
            "uptime_seconds": round(process.uptime, 1),
            "resident_bytes": process.resident_bytes,
            "peak_resident_bytes": process.peak_resident_bytes,
            "cpu_user_seconds": round(process.cpu_user, 2),
            "cpu_system_seconds": round(process.cpu_system, 2),
            "threads": process.thread_count,
        },
        "capture": {
            "type": "capture",
            "sources": list(report.capture.sources),
            "soft_errors": list(report.capture.soft_errors),
        },
    }
    if report.minidump_bytes and report.threads:
        contexts["python_threads"] = _python_threads(report)
    if system.python:
        contexts["runtime"] = {"name": system.implementation, "version": system.python}
    return contexts
