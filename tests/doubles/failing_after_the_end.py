"""A crashwatch in which every step after the program's end fails, each in a copy of it.

``sabotage`` has this file loaded by the module that is told of the program's end, in an
installation of the test's own. From that moment on, each call that the launcher's own
modules make is a step: the launcher forks, in the copy the call raises instead of being
made, and how the copy ends is written down. The launcher itself goes on unharmed, so
that one run shows what comes of every failure. Of a module that only makes the report,
the first step is enough: one ``except`` is around them all.
"""

import functools
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

_LOADED = """
import importlib.util as _loading
_spec = _loading.spec_from_file_location("failing_after_the_end", {double!r})
_double = _loading.module_from_spec(_spec)
_spec.loader.exec_module(_double)
_double.Steps(ENDED, {log!r}, {failure}).begin()
"""
_ENDS = (
    "<string> begin children ending following freeze held own_end page_process "
    "process_control relayed_signals run seen_out stay traced wake watch "
)
"""Modules whose every step counts; ``<string>`` is ``wake_alone``."""


def sabotage(installed: Path, log: Path, failure: str) -> None:
    """Have each step after the end fail.

    Args:
        installed: The folder that holds the package ``crashwatch``.
        log: Gets a line for each step: the wait status of the copy, where it failed.
        failure: The exception, by its name.
    """
    module = installed / "crashwatch/linux/collected.py"
    loaded = _LOADED.format(double=__file__, log=str(log), failure=failure)
    module.write_text(module.read_text(encoding="utf-8") + loaded)


def ends_of_copies(log: Path) -> dict[str, int]:
    """Wait status by the step that failed."""
    lines = [line.split(" ", 1) for line in log.read_text().splitlines()]
    return {place: int(status) for status, place in lines}


class Steps:
    """Sees each call, from the first end on, and has each fail once."""

    def __init__(
        self, ended: Mapping[int, object], log: str, failure: type[BaseException]
    ) -> None:
        self._ended = ended
        self._log = log
        self._failure = failure
        self._seen: set[str] = set()

    def begin(self) -> None:
        """See every call of this process from now on."""
        sys.setprofile(self._see)

    def _see(self, frame: FrameType, event: str, argument: object) -> None:
        if not self._ended or event not in {"call", "c_call"}:
            return
        caller = frame.f_back if event == "call" else frame
        if caller is None:
            return
        module, counts = _known(caller.f_code.co_filename)
        if not module:
            return
        name = frame.f_code.co_name if event == "call" else _name_of(argument)
        step = f"{module}:{caller.f_lineno} {name}" if counts else module
        if step not in self._seen:
            self._seen.add(step)
            self._fail_in_a_copy(step)

    def _fail_in_a_copy(self, step: str) -> None:
        copy = os.fork()
        if copy == 0:
            sys.setprofile(None)
            raise self._failure(step)
        _, status = os.waitpid(copy, 0)
        with Path(self._log).open("a", encoding="utf-8") as log:
            log.write(f"{status} {step}\n")


@functools.cache
def _known(file: str) -> tuple[str, bool]:
    """The module, empty for one that is not crashwatch's; whether each step counts."""
    name = Path(file).stem
    if f"{name} " in _ENDS:
        return name, True
    return (name, False) if "/crashwatch/" in file else ("", False)


def _name_of(function: object) -> str:
    return str(getattr(function, "__name__", function))
