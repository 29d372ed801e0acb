"""What a watched program used of the machine, over time: a bounded row of samples.

Only a launcher that stays for ``--artifacts`` samples. It begins with twenty looks a
second; when the row is full every other sample is dropped and the interval doubles, so
that a run of two seconds has forty of them, and one of two hours a few hundred.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST = 512
_FIRST_INTERVAL = 0.05


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
        started: float | None = None,
    ) -> None:
        self._interval = interval
        self._most = most
        self._clock = clock
        self._next = clock()
        self._started = self._next if started is None else started
        self._samples: list[Sample] = []

    def look(self, pid: int) -> int:
        """Sample ``pid`` if it is time; milliseconds until the next look."""
        now = self._clock()
        if now >= self._next:
            self.take(pid)
            if len(self._samples) >= self._most:
                self._samples = self._samples[::2]
                self._interval *= 2
            self._next = now + self._interval
        return max(1, int((self._next - now) * 1000))

    def take(self, pid: int) -> None:
        """Sample ``pid`` now, whatever the time: it is at its crash."""
        sample = _sample(pid, self._clock() - self._started)
        if sample is not None:
            self._samples.append(sample)

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
                children=_children(pid),
            )
    except (psutil.Error, OSError):
        return None


def _children(pid: int) -> int:
    """As the kernel lists them; psutil would look at every process of the machine."""
    found = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/children", "rb") as file:
                found += len(file.read().split())
        except FileNotFoundError:
            continue  # that thread has ended, or the kernel makes no such lists
    return found
