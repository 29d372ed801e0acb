"""Break an exchange off at once: when consent was withdrawn, or it takes too long.

A thread looks every 20 ms while bytes may be under way. What it calls must be cheap and
may be called from two threads at once: see ``StandingYes``.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import TracebackType

LOOK_SECONDS = 0.02
"""How often it looks; withdrawal must reach the socket within 100 ms."""

WITHDRAWN = "broken off: consent was withdrawn"


class StandingYes:
    """A yes that is asked for anew only when a file it stands on has changed.

    The consent record is replaced or appended to by every choice, and a report's folder
    is renamed when it is discarded: three ``stat`` calls tell, where reading the record
    and making the disclosure's words take a thousand times as long.
    """

    def __init__(self, ask: Callable[[], bool], files: Iterable[Path]) -> None:
        """Ask nothing yet.

        Args:
            ask: The full question; False is remembered and final.
            files: What the answer depends on; they need not exist.
        """
        self._ask = ask
        self._files = tuple(files)
        self._marks: tuple[object, ...] | None = None
        self._answer = False

    def __call__(self) -> bool:
        """Whether it still holds."""
        # Taken before the question: a change while it is asked is seen next time.
        marks = tuple(_mark(path) for path in self._files)
        if marks != self._marks:
            self._answer = (self._marks is None or self._answer) and self._ask()
            self._marks = marks
        return self._answer


class Watchdog:
    """For as long as ``with`` lasts; ``bite`` is called at most once.

    Attributes:
        withdrawn: Whether it bit because the yes was gone.
        late: Whether it bit because it took too long.
    """

    def __init__(
        self, bite: Callable[[], None], seconds: float, holds: Callable[[], bool]
    ) -> None:
        """Start nothing yet.

        Args:
            bite: Ends the exchange; called in the watchdog's own thread.
            seconds: How long the whole may take.
            holds: Whether it may go on; cheap.
        """
        self.withdrawn = self.late = False
        self._bite = bite
        self._until = time.monotonic() + seconds
        self._holds = holds
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        """Begin to watch."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """Stop watching; after this nothing is bitten."""
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while time.monotonic() < self._until:
            if self._done.wait(LOOK_SECONDS):
                return
            if not self._holds():
                self.withdrawn = True
                break
        if not self._done.is_set():
            self.late = not self.withdrawn
            self._bite()


def _mark(path: Path) -> object:
    """What changes when a file is written, replaced or renamed; None without one."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
