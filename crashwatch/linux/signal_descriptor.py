"""Signals as something to poll: signalfd(2), with who sent each and how.

The 128-byte ``signalfd_siginfo`` begins ``u32 signo, i32 errno, i32 code, u32 pid,
u32 uid`` (``<linux/signalfd.h>``). Python has no name for it, and a handler with
``set_wakeup_fd`` does not tell the sender.
"""

from __future__ import annotations

import os
import struct

from crashwatch.linux.light_calls import open_signal_descriptor

SI_KERNEL = 0x80
"""``si_code`` of what the kernel itself sends: the keyboard, a hang-up."""

_BYTES = 128


class ReceivedSignal:
    """One signal: its number, ``si_code`` and the sender's pid (0: the kernel)."""

    __slots__ = ("code", "number", "sender")

    def __init__(self, number: int, code: int, sender: int) -> None:
        self.number = number
        self.code = code
        self.sender = sender

    def __eq__(  # type: ignore[explicit-override] # typing.override is 3.12
        self, other: object
    ) -> bool:
        return isinstance(other, ReceivedSignal) and self._key() == other._key()

    def __hash__(self) -> int:  # type: ignore[explicit-override]
        return hash(self._key())

    def _key(self) -> tuple[int, int, int]:
        return self.number, self.code, self.sender


class SignalDescriptor:
    """A descriptor that is readable when one of some blocked signals is pending.

    The signals must be blocked already. Whoever reads keeps what it does not want in
    ``waiting``, so that two loops can share one descriptor and lose nothing.
    """

    def __init__(self, signals: set[int], *, descriptor: int = -1) -> None:
        """Open one, or take ``descriptor``, which is one already."""
        self.descriptor = (
            descriptor if descriptor >= 0 else open_signal_descriptor(signals)
        )
        self.waiting: list[ReceivedSignal] = []

    def fileno(self) -> int:
        """The descriptor, for poll."""
        return self.descriptor

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
