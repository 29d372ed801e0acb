"""Files that are there whole or not at all, and still there after a power cut."""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING

from reports.errors import StorageError
from reports.home import PRIVATE_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: opening a fifo somebody planted must not wait for its other end.
_OLD_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_OVERWRITTEN = os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_CHUNK = 1 << 20


@contextlib.contextmanager
def opened_folder(path: str | Path) -> Iterator[int]:
    """Hold a folder open by descriptor; a symbolic link is refused with OSError."""
    handle = os.open(path, _FOLDER)
    try:
        yield handle
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """Make renames in and out of a folder last."""
    with opened_folder(path) as handle:
        os.fsync(handle)


def write_new(folder: int, files: Mapping[str, bytes]) -> None:
    """Write files that are not there yet, 0600, to the disk.

    All are written before any is synced: a file system with a journal then commits
    once for all of them, where one after the other would each wait for its own.

    Raises:
        OSError: Among others FileExistsError; some may be there then.
    """
    with contextlib.ExitStack() as opened:
        handles = []
        for name, data in files.items():
            handle = os.open(name, _NEW_FILE, PRIVATE_FILE, dir_fd=folder)
            opened.callback(os.close, handle)
            handles.append(handle)
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(handle, rest) :]
        for handle in handles:
            os.fsync(handle)


def replace(folder: int, name: str, data: bytes) -> None:
    """Write a file beside, then put it in the place of ``name``, to the disk.

    The caller holds a lock: two may not replace the same file at once.
    """
    beside = f".{name}.new"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(beside, dir_fd=folder)
    try:
        write_new(folder, {beside: data})
        os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(beside, dir_fd=folder)
        raise
    os.fsync(folder)


def read(folder: int, name: str, limit: int) -> bytes:
    """Read a whole file of ours.

    Raises:
        FileNotFoundError: There is none.
        StorageError: It is not a plain file, not ours, or larger than ``limit`` bytes.
        OSError: It cannot be read.
    """
    handle = os.open(name, _OLD_FILE, dir_fd=folder)
    try:
        size = _trusted_size(os.fstat(handle), name, limit)
        parts: list[bytes] = []
        while part := os.read(handle, min(_CHUNK, size + 1)):
            parts.append(part)
            size -= len(part)
            if size < 0:
                raise StorageError(f"{name} grew while it was read")
        return b"".join(parts)
    finally:
        os.close(handle)


def read_head(folder: int, name: str, limit: int, most: int) -> bytes:
    """Read no more than the first ``most`` bytes; raises as ``read``."""
    handle = os.open(name, _OLD_FILE, dir_fd=folder)
    try:
        _trusted_size(os.fstat(handle), name, limit)
        return os.read(handle, most)
    finally:
        os.close(handle)


def size_of(folder: int, name: str, limit: int) -> int:
    """Size of a file in bytes, under the conditions of ``read``."""
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    return _trusted_size(found, name, limit)


def bytes_below(folder: int) -> int:
    """Bytes of what lies directly in a folder that is open; what vanishes has none."""
    total = 0
    with os.scandir(folder) as found:
        for one in found:
            with contextlib.suppress(OSError):
                total += one.stat(follow_symlinks=False).st_size
    return total


def bytes_at(path: str | Path) -> int:
    """The same of a path that may hold anything; 0 where it cannot be looked at."""
    with contextlib.suppress(OSError):
        with contextlib.suppress(OSError), opened_folder(path) as handle:
            return bytes_below(handle)
        return os.lstat(path).st_size
    return 0


def _trusted_size(found: os.stat_result, name: str, limit: int) -> int:
    if not stat.S_ISREG(found.st_mode):
        raise StorageError(f"{name} is not a plain file")
    if found.st_uid != os.geteuid():
        raise StorageError(f"{name} belongs to somebody else")
    if found.st_size > limit:
        raise StorageError(f"{name} is larger than {limit} bytes")
    return found.st_size


def shred(folder: int, name: str) -> None:
    """Overwrite a file where it lies, to the disk, then remove its name.

    Freed blocks keep their content until they are used again, so the content goes
    first. Where a file system writes elsewhere than it read (copy on write, journals
    of data) or a disk does (flash), older copies remain: nothing here can reach them.
    What cannot be overwritten is removed all the same.

    Raises:
        OSError: It could not be removed.
    """
    with contextlib.suppress(OSError):
        _overwrite(folder, name)
    os.unlink(name, dir_fd=folder)


def _overwrite(folder: int, name: str) -> None:
    handle = os.open(name, _OVERWRITTEN, dir_fd=folder)
    try:
        found = os.fstat(handle)
        # Another name may be somebody else's copy: that is theirs.
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            return
        zeros = bytes(min(_CHUNK, found.st_size))
        offset = 0
        while offset < found.st_size:
            offset += os.pwrite(handle, zeros[: found.st_size - offset], offset)
        os.fsync(handle)
    finally:
        os.close(handle)
