"""/proc/PID held open, so that a recycled pid cannot fool us."""

from __future__ import annotations

import errno
import os
import select
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from types import TracebackType

_FLAGS: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW
"""O_NONBLOCK: Apport once hung on a FIFO that lay where it expected a file."""

_CHUNK: Final = 65_536
_LARGEST_OFFSET: Final = (1 << 63) - 1


class ProcDirectory:
    """Descriptors of one process: its directory, a pidfd, its memory.

    All reads go through the directory's descriptor: once the process is reaped they
    fail with ESRCH, also when another process has its pid by then. ``memory`` belongs
    to the program that was running when it was first read; after an exec it is empty.

    Use it in a ``with`` statement. Not for use from several threads.
    """

    def __init__(self, pid: int, through: int | None = None) -> None:
        """Open the process.

        Args:
            pid: The process.
            through: A thread to look through, where the first one has ended: the kernel
                shows no memory of it then, though the others live on with it.

        Raises:
            OSError: There is no such process (ENOENT, ESRCH).
        """
        self.pid = pid
        self._memory = -1
        self._pidfd = -1
        self._directory = os.open(
            f"/proc/{through or pid}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
        )
        try:
            self._pidfd = os.pidfd_open(pid)
            # Between the two calls the pid may have gone to another process; then the
            # directory is dead and this read says so.
            self.read("stat", 1)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all descriptors; a second time does nothing."""
        descriptors = (self._memory, self._pidfd, self._directory)
        self._memory = self._pidfd = self._directory = -1
        for descriptor in descriptors:
            if descriptor >= 0:
                os.close(descriptor)

    @property
    def pidfd(self) -> int:
        """Readable once the process has ended; ``pidfd_send_signal`` takes it too."""
        return self._pidfd

    def has_ended(self) -> bool:
        """Whether the process is dead, reaped or not."""
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        return bool(poll.poll(0))

    def read(self, name: str, limit: int) -> bytes:
        """Read at most ``limit`` bytes of a file such as ``maps`` or ``task/12/comm``.

        Raises:
            OSError: ENOENT or ESRCH when the process or task is gone.
        """
        descriptor = os.open(name, _FLAGS, dir_fd=self._directory)
        try:
            return _read_bounded(descriptor, limit)
        finally:
            os.close(descriptor)

    def read_memory(self, address: int, size: int) -> bytes:
        """Read the process's memory once; short where it becomes unreadable.

        Raises:
            OSError: EIO when nothing is readable at ``address``.
        """
        if address < 0 or address > _LARGEST_OFFSET - size:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        if self._memory < 0:
            self._memory = os.open(
                "mem", os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._directory
            )
        return os.pread(self._memory, size, address)


def _read_bounded(descriptor: int, limit: int) -> bytes:
    chunks: list[bytes] = []
    left = limit
    while left > 0:
        chunk = os.read(descriptor, min(left, _CHUNK))
        if not chunk:
            break
        chunks.append(chunk)
        left -= len(chunk)
    return b"".join(chunks)
