"""One line on stderr that counts, for what takes longer than half a second."""

from __future__ import annotations

import sys
import time

_SECONDS = 0.5
_EACH = 0.1


class Progress:
    """Call it with how much is done, and of how much; shown to a person only."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = time.monotonic()
        self._told = 0.0
        self._shown = False

    def __call__(self, done: int, everything: int) -> None:
        """Tell, where half a second has passed, ten times a second at most."""
        now = time.monotonic()
        if not self._is_wanted(now):
            return
        self._told, self._shown = now, True
        sys.stderr.write(f"\r{self._what}: {done} of {everything}")
        sys.stderr.flush()

    def close(self) -> None:
        """Take the line away."""
        if self._shown:
            sys.stderr.write("\r" + " " * 60 + "\r")
            sys.stderr.flush()

    def _is_wanted(self, now: float) -> bool:
        if sys.stderr is None or not sys.stderr.isatty():
            return False
        return now - self._began > _SECONDS and now - self._told > _EACH
