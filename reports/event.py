"""A crash report as a Sentry event, in Sentry's words. Pure.

Field names and the order of frames (oldest first) are those of
https://develop.sentry.dev/sdk/data-model/event-payloads/. Only fields of the report
go in; there is no user, no server name, no request. An exception's value is the fixed
part of its message, and its notes. A person's comment is the message of the context
``feedback`` (https://develop.sentry.dev/sdk/telemetry/feedbacks/): an item of its own
would be one more to agree to, and Bugsink drops those it does not know.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

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
    chain = [] if report.exception is None else list(_numbered(report.exception))
    has_groups = any(link.raised.group for link in chain)
    for number, link in reversed(list(enumerate(chain))):
        raised = link.raised
        text = "\n".join(line for line in (raised.message, *raised.notes) if line)
        value = _exception(raised.type, text, report, raised.frames, None)
        if has_groups:
            value["mechanism"] = {**_mechanism(report), **_in_group(number, link)}
        yield value
    if report.reason.signal is not None:
        crashed = next((n for n, t in enumerate(report.threads) if t.crashed), None)
        frames = () if crashed is None else joined(report.threads[crashed])
        kind = report.reason.signal
        yield _exception(kind, report.reason.signal_code or "", report, frames, crashed)
    elif not chain:
        yield _exception(report.reason.kind.value, "", report, (), None)


class _Link(NamedTuple):
    """An exception, the number of the one it belongs to, and as what."""

    raised: RaisedException
    parent: int | None
    source: str


def _numbered(root: RaisedException) -> Iterator[_Link]:
    """An exception and all that belongs to it; a number is the place in this order."""
    waiting = [_Link(root, None, "")]
    for number in itertools.count():
        if not waiting:
            return
        link = waiting.pop(0)
        yield link
        if link.raised.cause is not None:
            waiting.insert(0, _Link(link.raised.cause, number, "__cause__"))
        waiting += [
            _Link(member, number, f"exceptions[{place}]")
            for place, member in enumerate(link.raised.group)
        ]


def _mechanism(report: CrashReport) -> Json:
    handled = report.reason.kind is Outcome.HANDLED
    return {"type": "crashwatch", "handled": handled}


def _in_group(number: int, link: _Link) -> Json:
    """How a receiver joins the flat list to a tree again."""
    value: Json = {"exception_id": number}
    if link.parent is not None:
        value |= {"parent_id": link.parent, "source": link.source}
    if link.raised.group:
        value["is_exception_group"] = True
    return value


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
        "mechanism": _mechanism(report),
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
    # That a frame is guessed stays in the report: Relay knows ``trust``, but Sentry's
    # published schema does not, and Bugsink drops any event that has it.
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
    if report.child_of:
        tags["child_of"] = report.child_of
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
    if report.comment:
        # Where Sentry keeps what people write, and its pages show it as such.
        contexts["feedback"] = {"type": "feedback", "message": report.comment}
    if report.minidump_bytes and report.threads:
        contexts["python_threads"] = _python_threads(report)
    if system.python:
        contexts["runtime"] = {"name": system.implementation, "version": system.python}
    return contexts
