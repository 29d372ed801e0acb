"""A file for the person: whole, theirs alone, or not there at all.

It is written beside its place, down to the disk, and put there by one call, so that a
full disk leaves neither a part of it nor anything instead of what was there before.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
"""What file systems without hard links answer: FAT, exFAT, some of a network."""


def write_whole(
    path: Path, data: bytes, *, force: bool = False, lasting: bool = True
) -> None:
    """Write a file.

    Args:
        path: Where.
        data: All of it.
        force: Whether a file that is there may be replaced. What is no regular file (a
            terminal, a pipe), is written to then.
        lasting: Wait until it would outlive a power cut.

    Raises:
        FileExistsError: There is one, and it may not be.
        OSError: It cannot be written; nothing was changed.
    """
    if force and is_special(path):
        path.write_bytes(data)
        return
    if not force and os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    new = beside(path)
    try:
        with os.fdopen(os.open(new, NEW_FILE, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            if lasting:
                os.fsync(file.fileno())
        put(new, path, force=force, lasting=lasting)
    finally:
        with contextlib.suppress(OSError):
            new.unlink()


def beside(path: Path) -> Path:
    """A name in the folder where a file will be, whatever its own name."""
    return path.absolute().with_name(f".crashwatch-{secrets.token_hex(4)}.new")


def is_special(path: Path) -> bool:
    """Whether there is something that is no regular file: a device, a FIFO."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def put(new: Path, path: Path, *, force: bool, lasting: bool = True) -> None:
    """Give a finished file its name; a link is replaced, never followed.

    Raises:
        FileExistsError: The name is taken, and may not be.
        OSError: It cannot be done.
    """
    if force:
        new.replace(path)
    else:
        _link(new, path)
    if not lasting:
        return
    folder = os.open(new.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _link(new: Path, path: Path) -> None:
    """A link, unlike a rename, refuses a name that somebody took meanwhile."""
    try:
        path.hardlink_to(new)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, "is there", str(path)) from None
        new.replace(path)
