"""Signals as something to poll: signalfd(2), with who sent each and how.

The 128-byte ``signalfd_siginfo`` begins ``u32 signo, i32 errno, i32 code, u32 pid,
u32 uid`` (``<linux/signalfd.h>``). Python has no name for it, and a handler with
``set_wakeup_fd`` does not tell the sender.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections import deque
from typing import NamedTuple

SI_KERNEL = 0x80
"""``si_code`` of what the kernel itself sends: the keyboard, a hang-up."""

_BYTES = 128
_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC

_libc = ctypes.CDLL(None, use_errno=True)


class ReceivedSignal(NamedTuple):
    """One signal: its number, ``si_code`` and the sender's pid (0: the kernel)."""

    number: int
    code: int
    sender: int


class SignalDescriptor:
    """A descriptor that is readable when one of some blocked signals is pending.

    The signals must be blocked already. Whoever reads keeps what it does not want in
    ``waiting``, so that two loops can share one descriptor and lose nothing.
    """

    def __init__(self, signals: set[int]) -> None:
        mask = 0
        for number in signals:
            mask |= 1 << (number - 1)
        words = (ctypes.c_uint64 * 16)(mask)  # sigset_t is 1,024 bits wide
        self.descriptor: int = _libc.signalfd(-1, ctypes.byref(words), _FLAGS)
        if self.descriptor < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        self.waiting: deque[ReceivedSignal] = deque()

    def fileno(self) -> int:
        """The descriptor, for poll."""
        return int(self.descriptor)

    def collect(self) -> None:
        """Move everything pending into ``waiting``; never blocks."""
        while True:
            try:
                data = os.read(self.descriptor, _BYTES * 16)
            except BlockingIOError:
                return
            for start in range(0, len(data), _BYTES):
                number, _, code, sender = struct.unpack_from("=IiiI", data, start)
                self.waiting.append(ReceivedSignal(number, code, sender))

    def close(self) -> None:
        """Close the descriptor; the signals stay blocked."""
        os.close(self.descriptor)
