"""The name of the test that was running when a process crashed. Pure.

A test runner calls the test; so the outermost call of a file that is named as test
files are is the test's, or that of a fixture it asked for. Nothing is told by it that
the frames do not tell already: a file below ``<app>/`` and a function.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reports.backtrace import Frame
    from reports.crash_report import CrashReport

_FILE: Final = re.compile(
    r"<app>/(?P<path>(?:[^\n]*/)?(?:test_[^/\n]*|[^/\n]*_test|tests)\.py)"
)
"""As pytest and unittest find them by themselves, and Django's ``tests.py``."""

_INNER: Final = ".<locals>"
_BODY: Final = "<module>"


def test_name(report: CrashReport) -> str:
    """The test, as pytest names it, without its parameters.

    The crashed thread is asked first, then the exception, then the other threads: a
    test may wait for a thread that crashes.

    Returns:
        ``tests/test_tabs.py::TestClose::test_last``; a file alone where it crashed
        while it was imported; empty where no call is one of a test file.
    """
    for frames in _stacks(report):
        called = list(_of_test_files(frames))
        tests = [name for name in called if _is_test(name)]
        if tests or called:
            return (tests or called)[0]
    return ""


def _stacks(report: CrashReport) -> Iterator[Iterable[Frame]]:
    """Outermost call first."""
    crashed = [thread.frames for thread in report.threads if thread.crashed]
    raised = [] if report.exception is None else [report.exception.frames]
    others = [thread.frames for thread in report.threads if not thread.crashed]
    for frames in (*crashed, *raised, *others):
        yield reversed(frames)


def _of_test_files(frames: Iterable[Frame]) -> Iterator[str]:
    for frame in frames:
        found = _FILE.fullmatch(frame.file)
        if found is not None:
            yield _named(found["path"], frame.function)


def _named(path: str, function: str) -> str:
    """A function inside of a test is the test's."""
    outer = function.partition(_INNER)[0]
    if outer in {_BODY, "<private>"}:
        return path
    return "::".join([path, *outer.split(".")])


def _is_test(name: str) -> bool:
    return name.rpartition("::")[2].startswith("test") and "::" in name
