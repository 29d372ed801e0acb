"""Counter files on the disk: made before a terminal starts, read after its death.

``runs/<id>/counters`` is one terminal's; its lock is held by whoever has it open, that
is by the terminal as long as it lives. ``runs/<id>/ending``, in a folder of its own, is
what the supervisor adds when a terminal has ended, in the same format.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import time

from reports.errors import StorageError
from reports.light_tuple import NamedTuple
from reports.usage.counter_layout import (
    HEAD,
    LARGEST,
    CounterFile,
    fresh_file,
    parse_counter_file,
    size_of,
    slots_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from reports.consent.record import Category
    from reports.home import Home
    from reports.usage.counter_layout import Place

COUNTERS = "counters"
ENDING = "ending"

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OLD = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_UNFINISHED = ".new-"
_ABANDONED_SECONDS = 3600
_BOOT_ID = "/proc/sys/kernel/random/boot_id"


class Made(NamedTuple):
    """A fresh counter file.

    Attributes:
        descriptor: Open for reading and writing, locked, close-on-exec.
        run: Name of its folder below ``runs``; empty where it is in memory only.
    """

    descriptor: int
    run: str


def this_boot() -> bytes:
    """The id of this boot, 16 bytes: a pid and start time of another say nothing."""
    try:
        with open(_BOOT_ID, encoding="ascii") as file:  # noqa: PTH123 -- as below
            return bytes.fromhex(file.read().strip().replace("-", ""))
    except (OSError, ValueError):
        return bytes(16)


def make_counter_file(home: Home, places: tuple[Place, ...], registry: bytes) -> Made:
    """Make a counter file with its whole room reserved; in memory on a full disk.

    Raises:
        StorageError: A folder cannot be trusted.
        OSError: Neither disk nor memory would do.
    """
    boot = this_boot()
    try:
        return _make_on_disk(home, fresh_file(places, registry, boot))
    except OSError as error:
        if error.errno not in _FULL:
            raise
    data = fresh_file(places, registry, boot, in_memory=True)
    descriptor = os.memfd_create("crashwatch-counters", os.MFD_CLOEXEC)
    os.ftruncate(descriptor, size_of(data))
    os.pwrite(descriptor, data, 0)
    return Made(descriptor, "")


def keep_ending(home: Home, data: bytes) -> None:
    """Store a file that is filled already, as a run of its own.

    Raises:
        StorageError: A folder cannot be trusted.
        OSError: The disk is full.
    """
    with _new_run(home) as folder:
        descriptor = os.open(folder / ENDING, _NEW, 0o600)
        try:
            os.write(descriptor, data)
        finally:
            os.close(descriptor)


def _make_on_disk(home: Home, data: bytes) -> Made:
    with contextlib.ExitStack() as on_failure, _new_run(home) as folder:
        descriptor = os.open(folder / COUNTERS, _NEW, 0o600)
        on_failure.callback(os.close, descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.posix_fallocate(descriptor, 0, size_of(data))
        os.pwrite(descriptor, data, 0)
        on_failure.pop_all()
    return Made(descriptor, folder.name.removeprefix(_UNFINISHED))


@contextlib.contextmanager
def _new_run(home: Home) -> Iterator[Path]:
    """A folder below ``runs`` that is seen only when it is filled; or not at all."""
    run = os.urandom(8).hex()
    folder = home.make_folder(home.runs / f"{_UNFINISHED}{run}")
    try:
        yield folder
        folder.rename(home.runs / run)
    except OSError:
        _remove(folder)
        raise


def remove_unfinished(home: Home) -> None:
    """Remove what makers that died left; one that lives is done in milliseconds."""
    for folder in home.runs.glob(f"{_UNFINISHED}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.lstat().st_mtime > _ABANDONED_SECONDS:
                _remove(folder)


def _remove(folder: Path) -> None:
    import shutil  # noqa: PLC0415 -- loads what unpacks archives: not before a start

    shutil.rmtree(folder, ignore_errors=True)


def read_counter_file(path: Path) -> CounterFile:
    """Read a counter file, of a living terminal too.

    Raises:
        FileNotFoundError: There is none.
        StorageError: It is damaged, or not ours.
        OSError: It cannot be read just now.
    """
    try:
        descriptor = os.open(path, _OLD)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO, errno.EISDIR}:
            raise StorageError("it is not a plain file") from None
        raise
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid():
            raise StorageError("it is not a plain file of ours")
        if facts.st_size > LARGEST:
            raise StorageError(f"it is larger than {LARGEST} bytes")
        return parse_counter_file(os.pread(descriptor, LARGEST, 0))
    finally:
        os.close(descriptor)


def is_alive(path: Path, file: CounterFile, boot: bytes) -> bool:
    """Whether somebody still counts into a file.

    The lock says so in any container; the pid where a terminal closed the file but
    lives. A pid that is another process's by now has another start time.
    """
    if file.owner.boot != boot:
        return False
    if _is_locked(path):
        return True
    pid = file.owner.pid
    return pid > 0 and started_at(pid) == file.owner.start_time


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, _OLD)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def started_at(pid: int) -> int:
    """When a process started, in clock ticks since boot; -1 when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
            fields = file.read(4096).rpartition(b")")[2].split()
    except OSError:
        return -1
    return -1 if fields[0] in {b"Z", b"X"} else int(fields[19])


def erase(path: Path, categories: Collection[Category]) -> None:
    """Zero what a file holds of these categories, under a living terminal too.

    It counts nothing of them at this moment: the flags page was cleared before.

    Raises:
        FileNotFoundError: There is none.
        StorageError: It cannot be read.
        OSError: It cannot be written.
    """
    file = read_counter_file(path)
    descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        head = os.pread(descriptor, HEAD, 0)
        for offset, size in slots_of(head, file, categories):
            os.pwrite(descriptor, bytes(size), offset)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
