"""How much of a processor this process gets: a bound in seconds counts by it.

On a machine that others use too everything takes longer; what it would have taken with
a processor to itself is told by how long a known piece of work took meanwhile.
"""

from __future__ import annotations

import statistics
import time

_WORK = 0.02
"""Seconds on the processor: enough to be interrupted in, little beside a test."""


def share_of_a_processor() -> float:
    """How much of one we get at this moment, at most 1."""
    began, worked = time.monotonic(), time.process_time()
    while time.process_time() - worked < _WORK:
        pass
    return min(1.0, _WORK / (time.monotonic() - began))


class Stopwatch:
    """Seconds since it was made, as far as they were ours.

    It measures the share when it is made and each time it is read. Asleep nobody needs
    a processor, so what was waited for on purpose counts whole.
    """

    def __init__(self) -> None:
        self._shares = [share_of_a_processor()]
        self._began = time.monotonic()

    @property
    def share(self) -> float:
        """How much of a processor there was, on average of the looks."""
        return statistics.mean(self._shares)

    def read(self, *, asleep: float = 0.0) -> float:
        """Seconds until now; ``asleep`` of them were a timer's and not work."""
        return self.of(time.monotonic() - self._began, asleep=asleep)

    def of(self, seconds: float, *, asleep: float = 0.0) -> float:
        """So many seconds of this time, as far as they were ours."""
        self._shares.append(share_of_a_processor())
        return min(seconds, asleep) + max(0.0, seconds - asleep) * self.share
