"""The few process controls Python has no name for: prctl, pidfd_getfd, mlock.

Numbers are from ``<linux/prctl.h>`` and the system call tables; ``pidfd_getfd`` is
438 on every architecture.
"""

from __future__ import annotations

import ctypes
import os

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NAME = 15
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_PTRACER = 0x59616D61
_SYS_PIDFD_GETFD = 438

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def forbid_core_and_reading() -> None:
    """Nobody but root may read this process's memory, and it leaves no core.

    ``RLIMIT_CORE`` alone does not stop a piped ``core_pattern``; not being dumpable
    does. An exec makes the process dumpable again.
    """
    import resource  # noqa: PLC0415 -- only a process that captures needs it

    resource.setrlimit(
        resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1])
    )
    _checked(_libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0))


def die_with_parent(signal: int) -> None:
    """Ask the kernel to send ``signal`` to this process when its parent dies."""
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, signal, 0, 0, 0))


def set_name(name: str) -> None:
    """What ``comm`` shows of this thread: 15 bytes."""
    _checked(_libc.prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0))


def allow_tracing_by(pid: int) -> None:
    """Let ``pid`` and its descendants trace this process under Yama scope 1.

    The relation belongs to the task and outlives an exec. Without Yama the kernel
    answers EINVAL, which means that nothing needs allowing.
    """
    _libc.prctl(_PR_SET_PTRACER, ctypes.c_ulong(pid), 0, 0, 0)


def take_descriptor(pidfd: int, descriptor: int) -> int:
    """Duplicate another process's descriptor into this one (pidfd_getfd, Linux 5.6).

    The duplicate shares the open file: its offset, its append mode.

    Raises:
        OSError: EBADF when the process has no such descriptor, EPERM when it may not
            be traced by us, ENOSYS on an older kernel.
    """
    return _checked(_libc.syscall(_SYS_PIDFD_GETFD, pidfd, descriptor, 0))
