"""Opens the files that modules were mapped from, for ``reports.unwinding``."""

from __future__ import annotations

import os
import stat
from functools import partial
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    ReadAt = Callable[[int, int], bytes]

_DEBUG = "/usr/lib/debug/.build-id"
_MOST_OPEN = 512


class ModuleFiles:
    """Regular files only, each opened once; close it, or use ``with``.

    A FIFO or a device that lies at a module's path now is opened without waiting, and
    closed. Whether a file is the right one is told by its build id, not here.
    """

    def __init__(self) -> None:
        self._open: dict[str, int | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every file."""
        for descriptor in self._open.values():
            if descriptor is not None:
                os.close(descriptor)
        self._open = {}

    def module(self, path: str) -> ReadAt | None:
        """The file at an absolute path, or None where there is none to read."""
        if not path.startswith("/") or len(self._open) >= _MOST_OPEN:
            return None
        if path not in self._open:
            self._open[path] = _opened(path)
        descriptor = self._open[path]
        return None if descriptor is None else partial(_read, descriptor)

    def debug(self, build_id: bytes) -> ReadAt | None:
        """The debug file of a build where the distribution installs them, or None."""
        if len(build_id) < 2:
            return None
        name = build_id.hex()
        return self.module(f"{_DEBUG}/{name[:2]}/{name[2:]}.debug")


def _read(descriptor: int, offset: int, size: int) -> bytes:
    return os.pread(descriptor, size, offset)


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
