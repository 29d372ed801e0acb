"""``--hang-after`` for programs without heartbeats: nothing of them uses a processor.

A program that waits for a lock that nobody gives back does nothing at all, and neither
do its children. One that spins cannot be told from one that works: ``--timeout`` is for
that.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final

import psutil

from crashwatch.supervisor.run_page import heartbeats

if TYPE_CHECKING:
    from collections.abc import Callable

    from crashwatch.supervisor.watch import Watch

_AT_REST: Final = 0.01
"""Part of one processor that a program uses that only looks at the clock."""
_LOOKS: Final = 4


class Idleness:
    """A visitor of a watch; see ``Watch.visits``. Each standstill is told once.

    Args:
        seconds: How long nothing must have been done.
        on_idle: Called then; heartbeats, where there are any, tell more than this.
        used: Processor seconds of a program and what it started; None: unknown.
    """

    def __init__(
        self,
        seconds: float,
        on_idle: Callable[[Watch], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        used: Callable[[int], float | None] | None = None,
    ) -> None:
        self._seconds = seconds
        self._on_idle = on_idle
        self._clock = clock
        self._used = used or _processor_seconds
        self._looks: deque[tuple[float, float]] = deque()
        self._next = clock()
        self._told = False

    def __call__(self, watch: Watch) -> int:
        """Look if it is time; milliseconds until the next visit."""
        if self._clock() >= self._next:
            used = self._used(watch.terminal.pid)
            if used is not None and not heartbeats(watch.terminal.page):
                self._note(watch, used)
            self._next = self._clock() + self._seconds / _LOOKS
        return max(1, int((self._next - self._clock()) * 1000))

    def _note(self, watch: Watch, used: float) -> None:
        now = self._clock()
        self._looks.append((now, used))
        if now - self._looks[0][0] < self._seconds:
            return
        then, before = self._looks.popleft()
        if used - before > _AT_REST * (now - then):
            self._told = False
        elif not self._told:
            self._told = True
            self._on_idle(watch)


def _processor_seconds(pid: int) -> float | None:
    """Of a process, its descendants, and those children that have ended."""
    try:
        program = psutil.Process(pid)
        total = 0.0
        for process in (program, *program.children(recursive=True)):
            total += sum(_times(process))
    except psutil.Error:
        return None
    return total


def _times(process: psutil.Process) -> tuple[float, ...]:
    try:
        return tuple(process.cpu_times()[:4])
    except psutil.NoSuchProcess:
        return ()
