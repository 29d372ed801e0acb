"""A little room kept aside, so that a full disk can still be told of and emptied.

Removing a report writes a ledger line first, and so does giving up a crash. On a full
disk neither could be written: the reserve is given back for that, and taken again when
there is room. Reports may get it too; a last page is for lines alone, and is taken
before anything is stored, so that no report takes what its successor's line needs.
"""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAME = ".reserve"
RESERVE_BYTES = 64 * 1024
LAST = ".reserve-line"
LAST_BYTES = 4096

NAMES = frozenset({NAME, LAST})

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


def is_full(error: OSError) -> bool:
    """Whether an error says that there is no room, or no more for this user."""
    return error.errno in _FULL


def keep(folder: Path) -> None:
    """Take the reserve, where it is not taken yet and there is room."""
    _take(folder / NAME, RESERVE_BYTES)


def keep_last(folder: Path) -> None:
    """Take the last page, where it is not taken yet and there is room."""
    _take(folder / LAST, LAST_BYTES)


def release(folder: Path) -> None:
    """Give the reserve back to the disk."""
    _give(folder / NAME)


def release_last(folder: Path) -> None:
    """Give the last page back, for a line."""
    _give(folder / LAST)


def _take(path: Path, size: int) -> None:
    with contextlib.suppress(OSError):
        if path.lstat().st_size == size:
            return
    try:
        handle = os.open(path, _FLAGS, 0o600)
        try:
            os.posix_fallocate(handle, 0, size)
        finally:
            os.close(handle)
    except OSError:
        _give(path)


def _give(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
