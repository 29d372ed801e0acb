"""A token bucket: how long to wait before the next bytes. Asks no clock itself."""

from __future__ import annotations


class TokenBucket:
    """Bytes per second on average, with at most one second's worth at once."""

    def __init__(self, rate: float) -> None:
        """Begin full; ``rate`` is in bytes per second, above zero."""
        self._rate = rate
        self._level = rate
        self._seen: float | None = None

    def wait_before(self, size: int, now: float) -> float:
        """Take ``size`` bytes out; return the seconds to wait before sending them.

        The level may go below zero: what is taken now is paid for by waiting.

        Args:
            size: Bytes about to be sent.
            now: Monotonic seconds.
        """
        if self._seen is not None:
            earned = max(0.0, now - self._seen) * self._rate
            self._level = min(self._rate, self._level + earned)
        self._seen = now
        self._level -= size
        return max(0.0, -self._level / self._rate)
