"""What a watched program used of the machine, over time: a bounded row of samples.

Only a launcher that stays (``--resident``) samples. When the row is full every other
sample is dropped and the interval doubles, so that it covers the whole run.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST = 512
_FIRST_INTERVAL = 1.0


class Sample(NamedTuple):
    """One look.

    Attributes:
        seconds: Since the start.
        cpu_seconds: Processor time so far, user and system.
        resident_bytes: Memory at this moment.
        threads, descriptors, children: How many at this moment.
    """

    seconds: float
    cpu_seconds: float
    resident_bytes: int
    threads: int
    descriptors: int
    children: int


class Timeline:
    """Samples, oldest first; ``look`` takes one when its time has come."""

    def __init__(
        self,
        interval: float = _FIRST_INTERVAL,
        most: int = _MOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval = interval
        self._most = most
        self._clock = clock
        self._started = clock()
        self._next = self._started
        self._samples: list[Sample] = []

    def look(self, pid: int) -> int:
        """Sample ``pid`` if it is time; milliseconds until the next look."""
        now = self._clock()
        if now >= self._next:
            sample = _sample(pid, now - self._started)
            if sample is not None:
                self._samples.append(sample)
            if len(self._samples) >= self._most:
                self._samples = self._samples[::2]
                self._interval *= 2
            self._next = now + self._interval
        return max(1, int((self._next - now) * 1000))

    def samples(self) -> tuple[Sample, ...]:
        """What there is."""
        return tuple(self._samples)


def _sample(pid: int, seconds: float) -> Sample | None:
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            cpu = process.cpu_times()
            return Sample(
                seconds=round(seconds, 3),
                cpu_seconds=round(cpu.user + cpu.system, 3),
                resident_bytes=process.memory_info().rss,
                threads=process.num_threads(),
                descriptors=process.num_fds(),
                children=len(process.children()),
            )
    except psutil.Error:
        return None
