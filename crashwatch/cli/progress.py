"""A bar on stderr for what takes longer than half a second; for a person alone.

Nothing of it reaches a pipe, a file or a build server's log.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from crashwatch.cli.show import is_quiet

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self, TextIO

_SECONDS = 0.5
_EACH = 0.1
_BAR = 30
_WIDEST = 79


class Progress:
    """Call it with how much is done, and of how much; the bar goes with the block.

    Args:
        what: One word for what is done ("exporting").
        stream: Where to; stderr.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        what: str,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what = what
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._began = clock()
        self._told = 0.0
        self._shown = 0
        self._is_seen = _is_seen(self._stream) and not is_quiet()

    def __enter__(self) -> Self:
        """Begin; the half second counts from the making."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take the bar away, whatever happened."""
        self.clear()

    def __call__(self, done: int, everything: int) -> None:
        """Draw, where half a second has passed, ten times a second at most."""
        if not self._is_seen or everything <= 0:
            return
        now = self._clock()
        if now - self._began <= _SECONDS or now - self._told <= _EACH:
            return
        self._told = now
        self._draw(bar(self._what, done, everything, self._width()))

    def clear(self) -> None:
        """Take the bar away, so that a line can be said in its place."""
        if self._shown:
            self._write("\r" + " " * self._shown + "\r")
            self._shown = 0

    def _draw(self, text: str) -> None:
        self._write("\r" + text.ljust(self._shown))
        self._shown = len(text)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()

    def _width(self) -> int:
        """A bar that is wider than the screen would be drawn below itself."""
        try:
            columns = os.get_terminal_size(self._stream.fileno()).columns
        except OSError:
            return _WIDEST
        return min(_WIDEST, (columns or 80) - 1)


def bar(what: str, done: int, everything: int, width: int) -> str:
    """``exporting [#######.......] 120 of 400``, in at most ``width`` characters."""
    count = f"{done} of {everything}"
    room = min(_BAR, width - len(what) - len(count) - 4)
    if room < 5:
        return f"{what} {count}"[:width]
    full = min(room, done * room // everything)
    return f"{what} [{'#' * full}{'.' * (room - full)}] {count}"


def _is_seen(stream: TextIO | None) -> bool:
    """Whether a terminal that can go back to a line's start reads it."""
    return (
        stream is not None
        and not stream.closed
        and stream.isatty()
        and os.environ.get("TERM", "") not in {"", "dumb"}
    )
