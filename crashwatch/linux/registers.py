"""Register sets of both architectures, from the kernel's bytes to names. Pure."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from reports.snapshot import Architecture

_USER_REGS: Final = """r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi
    orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs"""
AMD64_GENERAL: Final = tuple(_USER_REGS.split())
"""``struct user_regs_struct`` of ``<sys/user.h>``: 27 words, 216 bytes."""

ARM64_GENERAL: Final = (*(f"x{n}" for n in range(31)), "sp", "pc", "pstate")
"""``struct user_pt_regs`` of ``<asm/ptrace.h>``: 34 words, 272 bytes."""

_WORDS: Final = {Architecture.AMD64: AMD64_GENERAL, Architecture.ARM64: ARM64_GENERAL}


class RegisterSetError(ValueError):
    """The kernel's bytes are not this architecture's register set."""


@dataclass(frozen=True, slots=True)
class RegisterSetSizes:
    """Bytes of the two register sets that ``PTRACE_GETREGSET`` is asked for.

    Attributes:
        general: ``NT_PRSTATUS``.
        floating: ``NT_PRFPREG``: fxsave area, or v0-v31, fpsr, fpcr and 8 spare bytes.
        red_zone: Bytes below the stack pointer that a leaf function may use.
    """

    general: int
    floating: int
    red_zone: int


REGISTER_SETS: Final = {
    Architecture.AMD64: RegisterSetSizes(216, 512, 128),
    Architecture.ARM64: RegisterSetSizes(272, 528, 0),
}


def general_names(architecture: Architecture) -> tuple[str, ...]:
    """Names of the general registers, in the kernel's order."""
    return _WORDS[architecture]


def parse_general(architecture: Architecture, data: bytes) -> dict[str, int]:
    """Name the words of an ``NT_PRSTATUS`` set.

    Raises:
        RegisterSetError: Another size: a 32-bit process answers with its own set.
    """
    names = _WORDS[architecture]
    if len(data) != 8 * len(names):
        raise RegisterSetError("general registers: not those of a 64-bit process")
    return dict(zip(names, struct.unpack(f"<{len(names)}Q", data), strict=True))


def parse_floating(architecture: Architecture, data: bytes) -> bytes:
    """Check an ``NT_PRFPREG`` set, which stays the kernel's bytes.

    Raises:
        RegisterSetError: Another size.
    """
    if len(data) != REGISTER_SETS[architecture].floating:
        raise RegisterSetError("floating-point registers: unknown size")
    return data
