"""Files that only we write: read with suspicion, written down to the disk.

A symbolic link is never followed, nothing but a regular file of this user that others
cannot write to is believed, and what was written is on the disk when a call returns.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK_SECONDS = 10.0
"""How long a change waits for another process's change, which takes milliseconds."""

_SAFE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""A link is not followed; a FIFO does not wait for its other end."""


class NotBelievedError(Exception):
    """A file that cannot be believed; the message says why, without its content."""


def read_own(
    path: str | os.PathLike[str], most: int, *, tail: bool = False
) -> bytes | None:
    """The file's bytes, or None where there is no file.

    Args:
        path: The file.
        most: Bytes that are read at most.
        tail: Of a larger file read the last lines, instead of refusing it.

    Raises:
        NotBelievedError: It is not a regular file of ours, or too large.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | _SAFE)
    except FileNotFoundError:
        return None
    except OSError as error:
        what = "it is a symbolic link" if error.errno == errno.ELOOP else said(error)
        raise NotBelievedError(what) from None
    try:
        size = believable_size(descriptor)
        if size > most and not tail:
            raise NotBelievedError(f"it is {size} bytes, and no record is that large")
        return tail_of(descriptor, most)
    except OSError as error:
        raise NotBelievedError(said(error)) from None
    finally:
        os.close(descriptor)


def believable_size(descriptor: int) -> int:
    """The size in bytes of a regular file that is ours and only ours to write."""
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        raise NotBelievedError("it is not a regular file")
    if facts.st_uid != os.geteuid():
        raise NotBelievedError("it belongs to another user")
    if facts.st_mode & 0o022:
        raise NotBelievedError("other users may write to it")
    return facts.st_size


def tail_of(descriptor: int, most: int) -> bytes:
    """All of a file of up to ``most`` bytes; of a larger one its last whole lines."""
    start = max(0, os.fstat(descriptor).st_size - most)
    data = os.pread(descriptor, most, start)
    return data.partition(b"\n")[2] if start else data


def said(error: OSError) -> str:
    """What the system said, as a part of a sentence."""
    return (error.strerror or type(error).__name__).lower()


@contextlib.contextmanager
def locked(path: Path) -> Iterator[int]:
    """A file, made where missing, open for appending and locked against others.

    Raises:
        OSError: It cannot be opened or believed, or another process keeps the lock.
    """
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _SAFE, 0o600)
        try:
            believable_size(descriptor)
            wait_for_lock(descriptor, deadline)
            if _is_still(path, descriptor):
                os.fchmod(descriptor, 0o600)
                yield descriptor
                return
        except NotBelievedError as fault:
            raise OSError(0, str(fault), str(path)) from None
        finally:
            os.close(descriptor)


def wait_for_lock(descriptor: int, deadline: float) -> None:
    """Take the lock. Not by a blocking call: its holder may have been stopped."""
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise OSError(0, "another process keeps it locked") from None
            time.sleep(0.01)
        else:
            return


def _is_still(path: Path, descriptor: int) -> bool:
    """Whether ``path`` still names the open file: retention may have replaced it."""
    try:
        named = path.lstat()
    except FileNotFoundError:
        return False
    return os.path.samestat(named, os.fstat(descriptor))


def write_new(path: Path, data: bytes) -> None:
    """Write a file that did not exist, down to the disk."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFE, 0o600)
    try:
        _write_all(descriptor, data)
    finally:
        os.close(descriptor)


def overwrite_own(path: Path) -> None:
    """Write zeros over a file of ours, down to the disk; leaves its name.

    A file that is missing, not ours or has another name is left as it is.

    Raises:
        OSError: It is ours and could not be overwritten.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | _SAFE)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENXIO, errno.EISDIR):
            return
        raise
    try:
        size = believable_size(descriptor)
        if os.fstat(descriptor).st_nlink == 1:
            os.pwrite(descriptor, bytes(size), 0)
            os.fsync(descriptor)
    except NotBelievedError:
        return
    finally:
        os.close(descriptor)


def append_lines(log: int, data: bytes) -> None:
    """Append whole lines, down to the disk, after a line that may have been torn."""
    size = os.fstat(log).st_size
    torn = size > 0 and os.pread(log, 1, size - 1) != b"\n"
    _write_all(log, b"\n" + data if torn else data)


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
    os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Put a folder's names on the disk: a rename is not there before."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def free_name(path: Path) -> Path:
    """A name beside ``path`` that nothing has yet."""
    number = 1
    while True:
        suffix = ".unreadable" if number == 1 else f".unreadable-{number}"
        name = path.with_name(path.name + suffix)
        if not os.path.lexists(name):
            return name
        number += 1
