"""The frame that the kernel pushed for a signal handler: registers at the fault. Pure.

A handler returns into the *restorer*, a few bytes of code that call rt_sigreturn.
So its address on the stack marks the frame. Layouts, from the kernel's
``<asm/sigframe.h>``, ``<asm/ucontext.h>`` and ``<asm/sigcontext.h>``:

AMD64, offsets from the word with the restorer's address::

      0  restorer's address        8  uc_flags, uc_link
     24  uc_stack: address, flags, size
     48  gregs: 23 words         232  fpstate address, 8 spare words
    304  uc_sigmask              312  siginfo (128 bytes)

ARM64, offsets from the frame's start; the handler's own frame record, which holds
the restorer's address, lies somewhere below::

      0  siginfo (128 bytes)     128  uc_flags, uc_link
    144  uc_stack                168  uc_sigmask, padded to 1,024 bits
    304  fault_address           312  x0-x30, sp, pc, pstate
    592  records; the first is fpsimd_context: magic, size, fpsr, fpcr, v0-v31;
   1120  perhaps esr_context: magic, size, syndrome

The kernel writes the siginfo only for a handler that was installed with SA_SIGINFO.
CPython's faulthandler is not: there the place holds what the stack held before, and
``crashwatch.linux.signal_evidence`` has to tell the signal by other means.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from crashwatch.linux.registers import ARM64_GENERAL
from crashwatch.linux.signal_information import (
    SignalInformation,
    parse_signal_information,
)
from reports.snapshot import Architecture, MemoryBlock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RESTORER: Final = {
    # mov $15,%rax; syscall
    Architecture.AMD64: bytes.fromhex("48c7c00f0000000f05"),
    # mov x8,#139; svc #0
    Architecture.ARM64: bytes.fromhex("681180d2010000d4"),
}

_MOST_FRAMES: Final = 16
_WORD: Final = struct.Struct("<Q")

_GREGS: Final = """r8 r9 r10 r11 r12 r13 r14 r15 rdi rsi rbp rbx rdx rax rcx rsp rip
    eflags csgsfs err trapno oldmask cr2"""
_AMD64_GREGS: Final = tuple(_GREGS.split())
_AMD64_FRAME: Final = 312 + 128
_AMD64_USER_CODE_SEGMENT: Final = 0x33
_AMD64_LARGEST: Final = 64 * 1024
"""Frame and extended processor state together; AMX makes it 11 KiB."""
_FXSAVE_BYTES: Final = 512

_ARM64_FRAME: Final = 592 + 528
_ARM64_FPSIMD: Final = struct.pack("<II", 0x46508001, 528)
_ARM64_ESR: Final = struct.Struct("<IIQ")
_ARM64_ESR_HEAD: Final = (0x45535201, 16)
_ARM64_ADDRESS: Final = (1 << 48) - 1
"""Return addresses may be signed: pointer authentication uses the upper bits."""


@dataclass(frozen=True, slots=True)
class SignalFrame:
    """What a signal frame tells of the interrupted code.

    Attributes:
        general: Registers at the fault, named as in ``crashwatch.linux.registers``.
            AMD64 frames hold no ``orig_rax``, ``fs_base``, ``gs_base``, ``ds``, ``es``.
        floating: As in ``reports.snapshot.Registers``; empty when not on this stack.
        information: What the siginfo's place holds, if it can be one. Not to be
            trusted alone: see the module's docstring.
        trap: AMD64: the processor's trap number. ARM64: the exception class of the
            syndrome; -1 when the frame has none.
        error: AMD64: the trap's error code. ARM64: the syndrome.
        fault_address: ``cr2``, or ARM64's ``fault_address``.
    """

    general: dict[str, int] = field(repr=False)
    floating: bytes = field(repr=False)
    information: SignalInformation | None
    trap: int
    error: int
    fault_address: int


def find_signal_frames(
    architecture: Architecture,
    stack: MemoryBlock,
    is_restorer: Callable[[int], bool],
) -> Iterator[SignalFrame]:
    """Find signal frames, the newest (lowest) first, at most 16, as they are asked for.

    The first need not be the fault's: an earlier signal may have left its frame behind
    in a part of the stack that the handler reserved but has not written to.

    Time is linear in the stack's size.

    Args:
        architecture: Decides on the layout.
        stack: From the handler's stack pointer upward.
        is_restorer: Whether the code at an address is ``RESTORER``.
    """
    search = _amd64_frames if architecture is Architecture.AMD64 else _arm64_frames
    return islice(search(stack, is_restorer), _MOST_FRAMES)


def _words(stack: MemoryBlock) -> Iterator[tuple[int, int]]:
    start = -stack.address % 8
    words = stack.data[start : start + (len(stack.data) - start) // 8 * 8]
    for number, (word,) in enumerate(_WORD.iter_unpack(words)):
        yield start + 8 * number, word


def _amd64_frames(
    stack: MemoryBlock, is_restorer: Callable[[int], bool]
) -> Iterator[SignalFrame]:
    for position, word in _words(stack):
        # The kernel aligns the frame as a call would: 8 bytes off a multiple of 16.
        if (stack.address + position) % 16 == 8 and is_restorer(word):
            frame = _amd64_frame(stack, position)
            if frame is not None:
                yield frame


def _amd64_frame(stack: MemoryBlock, position: int) -> SignalFrame | None:
    data = stack.data[position : position + _AMD64_FRAME]
    if len(data) < _AMD64_FRAME:
        return None
    general = dict(zip(_AMD64_GREGS, struct.unpack_from("<23Q", data, 48), strict=True))
    address = stack.address + position
    if not _is_amd64_frame(data, address, general):
        return None
    segments = general.pop("csgsfs")
    general["cs"] = segments & 0xFFFF
    general["gs"] = segments >> 16 & 0xFFFF
    general["fs"] = segments >> 32 & 0xFFFF
    general["ss"] = segments >> 48
    trap, error = general.pop("trapno"), general.pop("err")
    fault_address, _ = general.pop("cr2"), general.pop("oldmask")
    (fpstate,) = _WORD.unpack_from(data, 232)
    information = parse_signal_information(data[312:])
    floating = _fxsave(stack, fpstate)
    return SignalFrame(general, floating, information, trap, error, fault_address)


def _is_amd64_frame(data: bytes, address: int, general: dict[str, int]) -> bool:
    flags, link, alternate, _, size = struct.unpack_from("<QQQQQ", data, 8)
    (fpstate,) = _WORD.unpack_from(data, 232)
    is_below = 0 < general["rsp"] - address < _AMD64_LARGEST
    is_alternate = alternate <= address < alternate + size
    return (
        flags <= 7
        and link == 0
        and general["csgsfs"] & 0xFFFF == _AMD64_USER_CODE_SEGMENT
        and (is_below or is_alternate)
        and (fpstate == 0 or 0 < fpstate - address < _AMD64_LARGEST)
    )


def _fxsave(stack: MemoryBlock, address: int) -> bytes:
    if not stack.address <= address <= stack.end - _FXSAVE_BYTES:
        return b""
    start = address - stack.address
    return stack.data[start : start + _FXSAVE_BYTES]


def _arm64_frames(
    stack: MemoryBlock, is_restorer: Callable[[int], bool]
) -> Iterator[SignalFrame]:
    handler = next(
        (at for at, word in _words(stack) if is_restorer(word & _ARM64_ADDRESS)), None
    )
    if handler is None:
        return
    record = stack.data.find(_ARM64_FPSIMD, handler + 8 + 592)
    while record >= 0:
        frame = _arm64_frame(stack, record - 592)
        if frame is not None:
            yield frame
        record = stack.data.find(_ARM64_FPSIMD, record + 8)


def _arm64_frame(stack: MemoryBlock, position: int) -> SignalFrame | None:
    data = stack.data[position : position + _ARM64_FRAME + _ARM64_ESR.size]
    if len(data) < _ARM64_FRAME or (stack.address + position) % 16:
        return None
    if any(struct.unpack_from("<QQ", data, 128)):
        return None
    general = dict(
        zip(ARM64_GENERAL, struct.unpack_from("<34Q", data, 312), strict=True)
    )
    # NT_PRFPREG has the vector registers first, the frame has them last.
    floating = data[608:1120] + data[600:608] + bytes(8)
    syndrome = _syndrome(data[_ARM64_FRAME:])
    return SignalFrame(
        general,
        floating,
        parse_signal_information(data),
        -1 if syndrome is None else syndrome >> 26 & 0x3F,
        syndrome or 0,
        _WORD.unpack_from(data, 304)[0],
    )


def _syndrome(record: bytes) -> int | None:
    if len(record) < _ARM64_ESR.size:
        return None
    magic, size, syndrome = _ARM64_ESR.unpack(record)
    return int(syndrome) if (magic, size) == _ARM64_ESR_HEAD else None
