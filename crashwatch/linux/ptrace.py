"""The ptrace requests we use, bound with ctypes; errno becomes ``OSError`` here.

Request numbers and ``PTRACE_EVENT_STOP`` are from ptrace(2) and
``<linux/ptrace.h>``; they are the same on x86-64 and AArch64.
"""

from __future__ import annotations

import ctypes
import os

_CONT = 7
_DETACH = 17
_GETSIGINFO = 0x4202
_GETREGSET = 0x4204
_GETEVENTMSG = 0x4201
_SEIZE = 0x4206
_INTERRUPT = 0x4207
_LISTEN = 0x4208

# PTRACE_O_EXITKILL, by which a tracee dies with its tracer, is not among these: a guest
# does not take the house down with it.
OPTION_TRACECLONE = 0x08
OPTION_TRACEEXEC = 0x10
OPTION_TRACEEXIT = 0x40
"""Stop at the birth of a thread, at an exec, and before a thread's end. Children are
followed by TRACEFORK and TRACEVFORK alone, which are never used."""

EVENT_CLONE, EVENT_EXEC, EVENT_EXIT = 3, 4, 6
"""``status >> 16`` of the stops those options cause."""

EVENT_STOP = 128
"""``status >> 16`` of a stop that PTRACE_INTERRUPT or a group-stop caused."""

ALL_THREADS = 0x40000000
"""``__WALL`` of wait4(2): also children made by clone, that is, threads."""

NT_PRSTATUS = 1
NT_PRFPREG = 2

_SIGINFO_BYTES = 128

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.restype = ctypes.c_long
_libc.ptrace.argtypes = [
    ctypes.c_long,
    ctypes.c_long,
    ctypes.c_void_p,
    ctypes.c_void_p,
]


def _request(request: int, tid: int, address: int = 0, data: int = 0) -> None:
    ctypes.set_errno(0)
    if _libc.ptrace(request, tid, address, data) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def seize(tid: int, options: int = 0) -> None:
    """Become the tracer of one thread without stopping it.

    Threads that are born under OPTION_TRACECLONE are seized with the same options.

    Raises:
        OSError: EPERM when refused (Yama, another tracer), ESRCH when it is gone.
    """
    _request(_SEIZE, tid, 0, options)


def interrupt(tid: int) -> None:
    """Stop a seized thread; wait for the stop with ``waitpid(tid, ALL_THREADS)``."""
    _request(_INTERRUPT, tid)


def cont(tid: int, signal: int = 0) -> None:
    """Let a stopped thread run on, delivering ``signal`` (0: none)."""
    _request(_CONT, tid, 0, signal)


def listen(tid: int) -> None:
    """Leave a thread in its group-stop, so that SIGCONT works as if untraced."""
    _request(_LISTEN, tid)


def detach(tid: int, signal: int = 0) -> None:
    """Let go of a stopped thread, delivering ``signal`` (0: none)."""
    _request(_DETACH, tid, 0, signal)


def geteventmsg(tid: int) -> int:
    """The message of an event: new thread, former thread id, or wait status."""
    message = ctypes.c_ulong()
    _request(_GETEVENTMSG, tid, 0, ctypes.addressof(message))
    return message.value


def getregset(tid: int, note: int, size: int) -> bytes:
    """Read one register set (``NT_PRSTATUS``, ``NT_PRFPREG``) of a stopped thread.

    Returns:
        At most ``size`` bytes, as many as the kernel has.
    """
    buffer = ctypes.create_string_buffer(size)
    iovec = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), size)
    _request(_GETREGSET, tid, note, ctypes.addressof(iovec))
    return buffer.raw[: iovec[1]]


def getsiginfo(tid: int) -> bytes:
    """Read the 128-byte ``siginfo_t`` of the signal that stopped a thread."""
    buffer = ctypes.create_string_buffer(_SIGINFO_BYTES)
    _request(_GETSIGINFO, tid, 0, ctypes.addressof(buffer))
    return buffer.raw
