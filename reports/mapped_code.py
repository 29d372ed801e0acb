"""Code of a process that is gone, read from the files it had mapped.

Whether a word below 4 GiB is a return address can only be told from the code before
it. While the process is frozen its memory tells; afterwards the files do, since code
that nobody may write to is the file's own bytes.
"""

from __future__ import annotations

import os
import stat
from bisect import bisect_right
from typing import TYPE_CHECKING, Self

from reports.snapshot import Protection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.snapshot import Mapping


class MappedCode:
    """A ``read_code`` for ``reports.sanitize.sanitize``; close it, or use ``with``.

    Each file is opened once, when it is first asked for, and only if it is a regular
    file. A file that was replaced since gives other bytes: then fewer words look like
    return addresses, never all of them. Anything unreadable gives no bytes.
    """

    def __init__(self, mappings: Iterable[Mapping]) -> None:
        self._mappings = sorted(
            (m for m in mappings if _is_file_code(m)), key=lambda m: m.start
        )
        self._starts = [m.start for m in self._mappings]
        self._files: dict[str, int | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every file; afterwards nothing is read any more."""
        for descriptor in self._files.values():
            if descriptor is not None:
                os.close(descriptor)
        self._files = {}
        self._mappings, self._starts = [], []

    def __call__(self, address: int, size: int) -> bytes:
        """``size`` bytes of code at ``address``, or fewer, or none."""
        index = bisect_right(self._starts, address) - 1
        if index < 0:
            return b""
        mapping = self._mappings[index]
        if address + size > mapping.end:
            return b""
        descriptor = self._opened(mapping.path)
        if descriptor is None:
            return b""
        return os.pread(descriptor, size, mapping.offset + address - mapping.start)

    def _opened(self, path: str) -> int | None:
        if path not in self._files:
            self._files[path] = _open_regular(path)
        return self._files[path]


def _is_file_code(mapping: Mapping) -> bool:
    return (
        Protection.EXECUTE in mapping.protection
        and Protection.WRITE not in mapping.protection
        and mapping.path.startswith("/")
    )


def _open_regular(path: str) -> int | None:
    """A descriptor, or None; a FIFO or device is opened without waiting, and closed."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError):
        return None
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None
