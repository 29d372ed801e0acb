"""What a thread was when a deadly signal came that the program may survive.

A program with a handler gets its signal, and that is no crash yet. If the handler
restores the default and raises the signal again, the process dies inside the handler,
and the registers by then say nothing of the fault. So each such signal's registers are
kept (three requests, no stop of the other threads), and told instead of the later ones
where the later signal is the same fault once more.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from crashwatch.linux import ptrace
from crashwatch.linux.registers import REGISTER_SETS, parse_general
from reports.snapshot import Registers

if TYPE_CHECKING:
    from collections.abc import Callable

    from crashwatch.linux.sources import ThreadRegisters
    from reports.snapshot import Architecture

DEADLY: Final = frozenset({4, 5, 6, 7, 8, 11, 24, 25, 31})
"""ILL, TRAP, ABRT, BUS, FPE, SEGV, XCPU, XFSZ, SYS: deaths that get a report."""

_SI_KERNEL: Final = 0x80
_HEAD: Final = struct.Struct("<iiiii")
"""si_signo, si_errno, si_code, padding, si_pid."""

_SEARCHED: Final = 256 * 1024
"""Bytes above the stack pointer in which a handler's signal frame is looked for."""


@dataclass(frozen=True, slots=True)
class Disposition:
    """What a process does with a signal: ``SigCgt`` and ``SigIgn`` of its status."""

    caught: int
    ignored: int

    @classmethod
    def parse(cls, status: bytes) -> Disposition:
        """Read both masks; a missing one is empty.

        All of ``status`` need not be parsed for it: a program may catch many signals.

        Raises:
            ValueError: A mask is no number.
        """
        return cls(_mask(status, b"SigCgt"), _mask(status, b"SigIgn"))

    def catches(self, number: int) -> bool:
        """Whether a handler is called."""
        return bool(self.caught >> (number - 1) & 1)

    def ignores(self, number: int) -> bool:
        """Whether nothing happens."""
        return bool(self.ignored >> (number - 1) & 1)


@dataclass(frozen=True, slots=True)
class SignalStop:
    """One thread at the delivery of a signal: the kernel's own bytes."""

    tid: int
    siginfo: bytes
    general: bytes
    floating: bytes

    @classmethod
    def read(
        cls, tid: int, architecture: Architecture, requests: ThreadRegisters = ptrace
    ) -> SignalStop:
        """Read a thread that stands at a signal's delivery.

        Raises:
            OSError: It is gone, or a request failed.
        """
        sizes = REGISTER_SETS[architecture]
        return cls(
            tid,
            requests.getsiginfo(tid),
            requests.getregset(tid, ptrace.NT_PRSTATUS, sizes.general),
            requests.getregset(tid, ptrace.NT_PRFPREG, sizes.floating),
        )

    def is_repeated_by(
        self,
        later: SignalStop,
        pid: int,
        architecture: Architecture,
        read_memory: Callable[[int, int], bytes],
    ) -> bool:
        """Whether a later signal of the same thread is this fault once more.

        It is when the process itself or the kernel sent it, and the thread is where it
        was, or in a handler whose frame holds where it was.

        Args:
            later: The thread at its later signal.
            pid: The process.
            architecture: Of its registers.
            read_memory: Reads memory of the process at an address; may raise OSError.
        """
        number, _, _, _, _ = _HEAD.unpack_from(self.siginfo)
        again, _, code, _, sender = _HEAD.unpack_from(later.siginfo)
        by_itself = code == _SI_KERNEL or (code <= 0 and sender == pid)
        if number != again or not by_itself:
            return False
        before, now = (_registers(stop, architecture) for stop in (self, later))
        at = (before.stack_pointer, before.instruction_pointer)
        if at == (now.stack_pointer, now.instruction_pointer):
            return True
        try:
            stack = read_memory(now.stack_pointer, _SEARCHED)
        except OSError:
            return False
        return struct.pack("<QQ", *at) in stack


def _mask(status: bytes, name: bytes) -> int:
    _, _, rest = status.partition(b"\n%b:\t" % name)
    return int(rest.partition(b"\n")[0] or b"0", 16)


def _registers(stop: SignalStop, architecture: Architecture) -> Registers:
    return Registers(architecture, parse_general(architecture, stop.general), b"")


@dataclass(frozen=True)
class StopRequests:
    """Answers for one thread by what was kept of it, for others by the kernel."""

    stop: SignalStop
    others: ThreadRegisters = field(default=ptrace)

    def getregset(self, tid: int, note: int, size: int) -> bytes:
        """One register set; see ``ThreadRegisters``."""
        if tid != self.stop.tid:
            return self.others.getregset(tid, note, size)
        general = note == ptrace.NT_PRSTATUS
        return (self.stop.general if general else self.stop.floating)[:size]

    def getsiginfo(self, tid: int) -> bytes:
        """The ``siginfo_t`` of the stop; see ``ThreadRegisters``."""
        if tid != self.stop.tid:
            return self.others.getsiginfo(tid)
        return self.stop.siginfo
