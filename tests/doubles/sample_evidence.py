"""A made-up crash as it is captured: known roots, two threads, nobody's data."""

from __future__ import annotations

from typing import Any

from reports.crash_report import (
    CaptureFacts,
    Outcome,
    ProcessFacts,
    Reason,
    SystemFacts,
)
from reports.evidence import CodeRoots, Evidence, RawFrame, RawThread

STDLIB = "/usr/lib/python3.11"
SITE = "/usr/lib/python3/dist-packages"
APP = "/opt/pachy"
ROOTS = CodeRoots(stdlib=(STDLIB,), site_packages=(SITE,), app=(APP,))


def in_app(name: str, file: str = "main.py", line: int = 3) -> RawFrame:
    """A frame of the application."""
    return RawFrame(name, f"{APP}/{file}", line)


def one_thread(*frames: RawFrame, name: str = "MainThread") -> tuple[RawThread, ...]:
    """The crashed thread alone, frames innermost first."""
    return (RawThread(name=name, crashed=True, frames=frames),)


def sample_evidence(**changes: Any) -> Evidence:
    """The evidence; keyword arguments replace its fields."""
    fields: dict[str, Any] = {
        "program": f"{APP}/main.py",
        "created": 1_700_000_000.5,
        "reason": Reason(
            kind=Outcome.SIGNAL, signal="SIGSEGV", signal_code="SEGV_MAPERR"
        ),
        "roots": ROOTS,
        "release": "1.2.3",
        "process": ProcessFacts(
            status="stopped", uptime=2.5, resident_bytes=4096, thread_count=2
        ),
        "system": SystemFacts("Linux", "6.1.0-18-amd64", "x86_64", "CPython", "3.11.7"),
        "capture": CaptureFacts(method="hold", sources=("wait4", "client")),
        "threads": (
            *one_thread(
                RawFrame("string_at", f"{STDLIB}/ctypes/__init__.py", 519),
                in_app("crash", "crashes.py", 8),
                in_app("<module>"),
            ),
            RawThread(
                name="Thread-1 (reader)",
                crashed=False,
                frames=(RawFrame("wait", f"{STDLIB}/threading.py", 327),),
            ),
        ),
    }
    return Evidence(**(fields | changes))
