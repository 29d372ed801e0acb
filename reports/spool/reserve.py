"""A little room kept aside, so that a full disk can still be told of and emptied.

Removing a report writes a ledger line first, and so does giving up a crash. On a full
disk neither could be written: the reserve is given back for that, and taken again when
there is room.
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

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


def is_full(error: OSError) -> bool:
    """Whether an error says that there is no room, or no more for this user."""
    return error.errno in _FULL


def keep(folder: Path) -> None:
    """Take the reserve, where it is not taken yet and there is room."""
    path = folder / NAME
    with contextlib.suppress(OSError):
        if path.lstat().st_size == RESERVE_BYTES:
            return
    try:
        handle = os.open(path, _FLAGS, 0o600)
        try:
            os.posix_fallocate(handle, 0, RESERVE_BYTES)
        finally:
            os.close(handle)
    except OSError:
        release(folder)


def release(folder: Path) -> None:
    """Give the reserve back to the disk."""
    with contextlib.suppress(OSError):
        (folder / NAME).unlink()
