"""The test that ran when a process crashed, told by its frames."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reports.backtrace import Frame, Thread
from reports.crash_report import (
    CaptureFacts,
    CrashReport,
    Outcome,
    ProcessFacts,
    RaisedException,
    Reason,
    SystemFacts,
)
from reports.test_name import test_name as name_of

RUNNER = ("Function.runtest", "<site-packages>/_pytest/python.py")


def frames(*calls: tuple[str, str]) -> tuple[Frame, ...]:
    """From the outermost call to the innermost; reports hold them the other way."""
    return tuple(Frame(function, file) for function, file in reversed(calls))


def thread(*calls: tuple[str, str], crashed: bool = True) -> Thread:
    return Thread("", crashed=crashed, frames=frames(*calls))


def report(*threads: Thread, raised: tuple[Frame, ...] = ()) -> CrashReport:
    return CrashReport(
        schema=1,
        id="0" * 32,
        created=datetime(2026, 1, 2, tzinfo=UTC),
        category="crash",
        program="pytest",
        reason=Reason(kind=Outcome.SIGNAL, signal="SIGSEGV"),
        threads=threads,
        exception=RaisedException("ValueError", frames=raised) if raised else None,
        process=ProcessFacts(),
        system=SystemFacts("Linux", "6.1", "x86_64"),
        capture=CaptureFacts("hold"),
    )


@pytest.mark.parametrize(
    ("function", "file", "expected"),
    [
        ("test_it", "<app>/tests/test_x.py", "tests/test_x.py::test_it"),
        ("test_it", "<app>/x_test.py", "x_test.py::test_it"),
        ("test_it", "<app>/shop/tests.py", "shop/tests.py::test_it"),
        ("TestA.test_it", "<app>/test_x.py", "test_x.py::TestA::test_it"),
        ("test_a.<locals>.go", "<app>/test_x.py", "test_x.py::test_a"),
        ("database", "<app>/test_x.py", "test_x.py::database"),
        ("<module>", "<app>/test_x.py", "test_x.py"),
        ("test_it", "<app>/conftest.py", ""),
        ("test_it", "<app>/testing.py", ""),
        ("test_it", "<site-packages>/x/test_x.py", ""),
        ("test_it", "<stdlib>/test/test_os.py", ""),
        ("<private>", "<private>", ""),
    ],
)
def test_one_call(function: str, file: str, expected: str) -> None:
    crashed = thread(RUNNER, (function, file), ("f", "<stdlib>/ctypes/__init__.py"))
    assert name_of(report(crashed)) == expected


def test_the_outermost_test_is_the_one_that_was_run() -> None:
    file = "<app>/test_x.py"
    crashed = thread(RUNNER, ("made", file), ("test_a", file), ("test_b", file))
    assert name_of(report(crashed)) == "test_x.py::test_a"


def test_a_test_that_waits_for_the_thread_that_crashed() -> None:
    worker = thread(("run", "<stdlib>/threading.py"))
    main = thread(RUNNER, ("test_a", "<app>/test_x.py"), crashed=False)
    assert name_of(report(main, worker)) == "test_x.py::test_a"
    named = thread(("test_b", "<app>/test_y.py"))
    assert name_of(report(main, named)) == "test_y.py::test_b"


def test_an_exception_has_frames_of_its_own() -> None:
    raised = frames(RUNNER, ("test_a", "<app>/test_x.py"))
    assert name_of(report(raised=raised)) == "test_x.py::test_a"


def test_no_test_at_all() -> None:
    assert name_of(report()) == ""
