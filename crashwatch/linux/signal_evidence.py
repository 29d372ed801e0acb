"""Which signal interrupted a thread, told without its siginfo. Pure.

CPython's faulthandler installs its handlers without SA_SIGINFO, so that the kernel
leaves the siginfo out of the frame. What tells the signal instead, best first:

- the handler's own first line, where the caller has seen it;
- the process's caught signals: faulthandler gives back the handler of the signal it is
  handling before it writes, so that of its five signals exactly one is not caught;
- registers just behind the system call tgkill or kill with this process's ids;
- the trap that the kernel noted for this thread.

``si_code`` and the address follow from the trap as the kernel derives them
(``arch/x86/kernel/traps.c``, ``arch/x86/mm/fault.c``, ``arch/arm64/mm/fault.c``).
A trap number stays in the frame after the fault it belongs to: for a signal that
somebody sent to a thread that had survived a fault before, it misleads us.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from crashwatch.linux.signal_information import (
    ABRT,
    BUS,
    FATAL_SIGNALS,
    FPE,
    ILL,
    SEGV,
    TRAP,
    SignalInformation,
)
from reports.snapshot import Architecture

if TYPE_CHECKING:
    from collections.abc import Callable

    from crashwatch.linux.signal_frame import SignalFrame

_FAULTHANDLER: Final = (SEGV, FPE, ABRT, BUS, ILL)

_SI_USER: Final = 0
_SI_TKILL: Final = -6
_SI_KERNEL: Final = 0x80

_PAGE_FAULT: Final = 14
_PROTECTION_KEY: Final = 0x20

_AMD64_SIGNALS: Final = {
    1: TRAP,
    3: TRAP,
    6: ILL,
    11: BUS,
    12: BUS,
    13: SEGV,
    14: SEGV,
    16: FPE,
    17: BUS,
    19: FPE,
}
"""Trap number to the signal it usually becomes. Division's is 0, as is no trap."""

_AMD64_CODES: Final = {6: (2, True), 17: (1, False)}
"""ILL_ILLOPN at the instruction; BUS_ADRALN, for which the kernel tells no address."""

_FPE_INTDIV: Final = 1
_DIVISION: Final = re.compile(
    rb"[\x66\x67\x40-\x4f]{0,4}[\xf6\xf7][\x30-\x3f\x70-\x7f\xb0-\xbf\xf0-\xff]"
)
"""``div`` and ``idiv`` with their prefixes."""

_FLOATING_CODES: Final = ((0x01, 7), (0x04, 3), (0x08, 4), (0x12, 5), (0x20, 6))
"""Exception bits of swd and mxcsr to FPE_FLTINV, FLTDIV, FLTOVF, FLTUND, FLTRES."""

_ARM64_SIGNALS: Final = {0x00: ILL, 0x20: SEGV, 0x24: SEGV, 0x26: BUS, 0x3C: TRAP}
"""Exception class: unknown instruction, instruction and data abort, stack
alignment, breakpoint."""

_ARM64_ABORTS: Final = frozenset({0x20, 0x24})
_ARM64_ALIGNMENT: Final = 0x21
_ARM64_KILL, _ARM64_TGKILL = 129, 131

_SYSTEM_CALL: Final = {
    Architecture.AMD64: bytes.fromhex("0f05"),
    Architecture.ARM64: bytes.fromhex("010000d4"),
}
CODE_BEFORE: Final = 4
CODE_AFTER: Final = 16


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known besides the frame.

    Attributes:
        pid: The process.
        tid: The crashing thread.
        announced: Signal number in the handler's first line; 0 when not known.
        caught: ``SigCgt``: bit n - 1 for signal n; None when not known.
        is_mapped: Whether an address is in any mapping.
        code: ``CODE_BEFORE`` bytes before the instruction pointer and ``CODE_AFTER``
            from it on; empty when they could not be read.
    """

    pid: int
    tid: int
    announced: int
    caught: int | None
    is_mapped: Callable[[int], bool]
    code: bytes = b""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The signal, as far as it can be told.

    Attributes:
        information: Its number is 0 when nothing tells it.
        trap: The processor's trap number where it explains the signal.
        is_certain: Whether frame and signal explain each other.
    """

    information: SignalInformation
    trap: int | None
    is_certain: bool


def judge(
    architecture: Architecture, frame: SignalFrame, known: Circumstances
) -> Verdict:
    """Tell the signal, ``si_code`` and address of a frame."""
    sent = _find_sender(architecture, frame, known)
    number = _find_number(architecture, frame, known, sent)
    trap = frame.trap if architecture is Architecture.AMD64 else None
    if sent is not None and sent.number == number:
        return Verdict(sent, None, is_certain=True)
    written = frame.information
    if written is not None and written.number == number and _fits(frame, written):
        return Verdict(written, trap if written.code > 0 else None, is_certain=True)
    caused = _EXPLAIN[architecture](frame, number, known)
    if caused is not None:
        return Verdict(caused, trap, is_certain=True)
    return Verdict(SignalInformation(number, _SI_USER, 0), None, is_certain=False)


def _find_number(
    architecture: Architecture,
    frame: SignalFrame,
    known: Circumstances,
    sent: SignalInformation | None,
) -> int:
    if known.announced:
        return known.announced
    given_back = find_given_back(known.caught)
    if given_back:
        return given_back
    if sent is not None:
        return sent.number
    written = frame.information
    if written is not None and written.number in FATAL_SIGNALS:
        return written.number
    signals = _AMD64_SIGNALS if architecture is Architecture.AMD64 else _ARM64_SIGNALS
    return signals.get(frame.trap, 0)


def find_given_back(caught: int | None) -> int:
    """The one signal of faulthandler's five that is not caught; 0 unless just one."""
    if caught is None:
        return 0
    missing = [number for number in _FAULTHANDLER if not caught >> (number - 1) & 1]
    return missing[0] if len(missing) == 1 else 0


def _fits(frame: SignalFrame, written: SignalInformation) -> bool:
    """Whether a siginfo can belong to the frame around it."""
    is_access = written.number in {SEGV, BUS} and 0 < written.code < _SI_KERNEL
    return not is_access or written.address == frame.fault_address


def _find_sender(
    architecture: Architecture, frame: SignalFrame, known: Circumstances
) -> SignalInformation | None:
    """A thread that signalled itself stands behind the system call that did it."""
    instruction = _SYSTEM_CALL[architecture]
    if not known.code[:CODE_BEFORE].endswith(instruction):
        return None
    general = frame.general
    # AMD64 keeps the arguments and loses the call's number, ARM64 keeps the number
    # and loses the first argument: the result, 0, takes its place.
    if architecture is Architecture.AMD64:
        by_process = general["rax"] == 0 and general["rdi"] == known.pid
        by_thread = by_process and general["rsi"] == known.tid
        second, third = general["rsi"], general["rdx"]
    else:
        by_process = general["x0"] == 0 and general["x8"] == _ARM64_KILL
        by_thread = general["x8"] == _ARM64_TGKILL and general["x1"] == known.tid
        second, third = general["x1"], general["x2"]
    if by_thread and third in FATAL_SIGNALS:
        return SignalInformation(third, _SI_TKILL, 0)
    if by_process and second in FATAL_SIGNALS:
        return SignalInformation(second, _SI_USER, 0)
    return None


def _explain_amd64(
    frame: SignalFrame, number: int, known: Circumstances
) -> SignalInformation | None:
    trap, at = frame.trap, frame.general["rip"]
    if number in {SEGV, BUS} and trap == _PAGE_FAULT:
        code = _page_fault_code(frame, number, known)
        return SignalInformation(number, code, frame.fault_address)
    if number == FPE and trap == 0 and _DIVISION.match(known.code, CODE_BEFORE):
        return SignalInformation(FPE, _FPE_INTDIV, at)
    if not trap or _AMD64_SIGNALS.get(trap) != number:
        return None
    if number == FPE:
        return SignalInformation(FPE, _floating_code(frame.floating), at)
    code, has_address = _AMD64_CODES.get(trap, (_SI_KERNEL, False))
    return SignalInformation(number, code, at if has_address else 0)


def _page_fault_code(frame: SignalFrame, number: int, known: Circumstances) -> int:
    """SEGV_MAPERR 1, SEGV_ACCERR 2, SEGV_PKUERR 4; BUS_ADRERR 2."""
    if number == BUS:
        return 2
    if frame.error & _PROTECTION_KEY:
        return 4
    return 2 if known.is_mapped(frame.fault_address) else 1


def _floating_code(fxsave: bytes) -> int:
    if len(fxsave) < 28:
        return _SI_KERNEL
    control, status = struct.unpack_from("<HH", fxsave)
    (mxcsr,) = struct.unpack_from("<I", fxsave, 24)
    raised = (status & ~control | mxcsr & ~(mxcsr >> 7)) & 0x3F
    return next((code for bits, code in _FLOATING_CODES if raised & bits), _SI_KERNEL)


def _explain_arm64(
    frame: SignalFrame, number: int, known: Circumstances
) -> SignalInformation | None:
    kind, at = frame.trap, frame.general["pc"]
    if number in {SEGV, BUS} and kind in _ARM64_ABORTS:
        is_misaligned = frame.error & 0x3F == _ARM64_ALIGNMENT
        if number == BUS:
            return SignalInformation(
                BUS, 1 if is_misaligned else 2, frame.fault_address
            )
        code = 2 if known.is_mapped(frame.fault_address) else 1
        return SignalInformation(SEGV, code, frame.fault_address)
    if kind >= 0 and _ARM64_SIGNALS.get(kind) == number:
        return SignalInformation(number, 1, at)
    return None


_EXPLAIN: Final = {
    Architecture.AMD64: _explain_amd64,
    Architecture.ARM64: _explain_arm64,
}
