"""``--timeout``: end a program that runs too long, as timeout(1) does.

First it is looked at as it stands; then it and all that it started get SIGTERM, and,
after a grace, SIGKILL. A stopped one is continued, so that it can hear.
"""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Final

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable

    from crashwatch.supervisor.watch import Watch

GRACE: Final = 10.0
"""Seconds from SIGTERM to SIGKILL."""
_SELDOM: Final = 60_000


class TimeLimit:
    """A visitor of a watch; see ``Watch.visits``.

    Attributes:
        seconds: How long the program may run.
        reached: Whether it ran longer.
    """

    def __init__(
        self,
        seconds: float,
        started: float,
        on_limit: Callable[[Watch], None],
        *,
        grace: float = GRACE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.seconds = seconds
        self.reached = False
        self._next = started + seconds
        self._on_limit = on_limit
        self._grace = grace
        self._clock = clock
        self._killed = False
        self._told: list[psutil.Process] = []

    def __call__(self, watch: Watch) -> int:
        """Act if it is time; milliseconds until the next visit."""
        if self._killed:
            return _SELDOM
        if self._clock() >= self._next and not self.reached:
            self.reached = True
            self._on_limit(watch)
            self._told = _with_descendants(watch.terminal.pid)
            _signal(self._told, signal.SIGTERM, signal.SIGCONT)
            self._next = self._clock() + self._grace
        elif self._clock() >= self._next:
            self.end()
            _signal(_with_descendants(watch.terminal.pid), signal.SIGKILL)
            self._killed = True
        return max(1, int((self._next - self._clock()) * 1000))

    def end(self) -> None:
        """Kill what was told to end and has not: the program did, or will not."""
        _signal(self._told, signal.SIGKILL)


def _with_descendants(pid: int) -> list[psutil.Process]:
    """The program, then all that it started and still belongs to it."""
    try:
        program = psutil.Process(pid)
        return [program, *program.children(recursive=True)]
    except psutil.Error:
        return []


def _signal(processes: list[psutil.Process], *numbers: int) -> None:
    """Psutil looks whether a pid is still the same process before it signals it."""
    for process in processes:
        for number in numbers:
            try:
                process.send_signal(number)
            except (psutil.Error, OSError):
                break  # it has ended, or became somebody else's
