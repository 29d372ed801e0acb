"""A finished crash report, made by hand: for what compares, counts and shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

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


def call(function: str, line: int | None = 7, file: str = "<app>/view.py") -> Frame:
    """A Python call."""
    return Frame(function, file, line)


def native(function: str, module: str = "libc.so.6", address: int = 0x1000) -> Frame:
    """A call of a library."""
    return Frame(function, f"<module>/{module}", module=module, address=address)


def thread(*frames: Frame, name: str = "MainThread", crashed: bool = True) -> Thread:
    """A thread, its calls innermost first."""
    return Thread(name, crashed, frames)


def sample_crash(number: int = 0, **changes: Any) -> CrashReport:
    """The report; keyword arguments replace its fields."""
    given: dict[str, Any] = {
        "schema": 1,
        "id": f"{number:032x}",
        "created": NOON,
        "category": "crash",
        "program": "pachyterm",
        "reason": Reason(Outcome.SIGNAL, "SIGSEGV", "SEGV_MAPERR"),
        "threads": (thread(call("draw"), call("run", 3, "<app>/main.py")),),
        "process": ProcessFacts(thread_count=1),
        "system": SystemFacts("Linux", "6.1", "x86_64", "CPython", "3.11.7"),
        "capture": CaptureFacts("hold", ("wait4",)),
    }
    return CrashReport(**(given | changes))
