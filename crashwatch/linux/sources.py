"""What a snapshot is read from; the tests put failing doubles in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class ProcessFiles(Protocol):
    """One process's files under /proc: ``crashwatch.linux.proc_directory``."""

    @property
    def pid(self) -> int:
        """Process id."""

    def read(self, name: str, limit: int) -> bytes:
        """At most ``limit`` bytes of ``/proc/PID/name``.

        Raises:
            OSError: It could not be read.
        """

    def read_memory(self, address: int, size: int) -> bytes:
        """One read of the process's memory; short where it becomes unreadable.

        Raises:
            OSError: Nothing is readable at ``address``.
        """


class ThreadRegisters(Protocol):
    """ptrace requests that look into a stopped thread: ``crashwatch.linux.ptrace``."""

    def getregset(self, tid: int, note: int, size: int) -> bytes:
        """One register set.

        Raises:
            OSError: The thread is gone or not stopped.
        """

    def getsiginfo(self, tid: int) -> bytes:
        """The ``siginfo_t`` of the stop.

        Raises:
            OSError: The thread is gone or not stopped by a signal.
        """


class StoppedThreads(Protocol):
    """Threads that are all stopped: ``freeze.Frozen``, ``tracer.Tracer``."""

    @property
    def pid(self) -> int:
        """Process id."""

    @property
    def tids(self) -> Sequence[int]:
        """Thread ids in the kernel's order."""
