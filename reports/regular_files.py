"""Regular files by their absolute paths, each opened once, as long as they are needed.

A FIFO or a device that lies at a path now is opened without waiting, and closed.
"""

from __future__ import annotations

import os
import stat
from typing import Self


class RegularFiles:
    """Close it, or use ``with``."""

    def __init__(self) -> None:
        self._open: dict[str, int | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def asked(self) -> int:
        """How many paths were asked for."""
        return len(self._open)

    def close(self) -> None:
        """Close every file."""
        for descriptor in self._open.values():
            if descriptor is not None:
                os.close(descriptor)
        self._open = {}

    def descriptor(self, path: str) -> int | None:
        """The file's; None where there is none that can be read."""
        if path not in self._open:
            self._open[path] = _opened(path)
        return self._open[path]


def _opened(path: str) -> int | None:
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError):
        return None
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None
