"""CPU contexts: ``Registers`` to and from the CONTEXT structures of a minidump.

AMD64 (1232 bytes) and modern ARM64 (912 bytes) are written and read; Breakpad's old
ARM64 (796 bytes) and x86 (716 bytes) are only read.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from reports.minidump.structures import ProcessorArchitecture
from reports.snapshot import Architecture, Registers

_AMD64_SELECTORS = ("cs", "ds", "es", "fs", "gs", "ss")
_AMD64_GENERAL = (
    *("rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"),
    *("r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip"),
)
_ARM64_GENERAL = (*(f"x{n}" for n in range(31)), "sp", "pc")
_X86_GENERAL = ("edi", "esi", "ebx", "edx", "ecx", "eax", "ebp", "eip", "cs", "eflags")

_AMD64_FULL = 0x10000F
"""AMD64 | CONTROL | INTEGER | SEGMENTS | FLOATING_POINT."""

_ARM64_FULL = 0x400007
"""ARM64 | CONTROL | INTEGER | FLOATING_POINT."""

FXSAVE_BYTES = 512
PRFPREG_BYTES = 528


@dataclass(frozen=True, slots=True)
class ContextLayout:
    """What a reader must know before it trusts the bytes of a context.

    Attributes:
        size: Bytes the fixed part takes.
        flags_offset: Where ``ContextFlags`` lies; its bits tell the family.
        family: The bit that must be set in the flags.
        family_mask: Which bits hold the family.
    """

    size: int
    flags_offset: int
    family: int
    family_mask: int = 0x07F00000
    """Windows keeps states of its own in the five highest bits."""


LAYOUTS = {
    ProcessorArchitecture.X86: ContextLayout(716, 0, 0x00010000, 0x00FF0000),
    ProcessorArchitecture.AMD64: ContextLayout(1232, 0x30, 0x00100000),
    ProcessorArchitecture.ARM64: ContextLayout(912, 0, 0x00400000),
    ProcessorArchitecture.ARM64_OLD: ContextLayout(796, 0, 0x80000000, 0xFFF00000),
}


def encode_context(registers: Registers) -> bytes:
    """CONTEXT_AMD64 or the modern CONTEXT_ARM64 of ``registers``.

    A register that the snapshot does not name is written as zero.
    """
    if registers.architecture is Architecture.AMD64:
        return _encode_amd64(registers)
    return _encode_arm64(registers)


def _encode_amd64(registers: Registers) -> bytes:
    """Selectors at 0x38, eflags 0x44, rax…rip 0x78, fxsave 0x100."""
    named = registers.general
    context = bytearray(1232)
    fxsave = registers.floating[:FXSAVE_BYTES].ljust(FXSAVE_BYTES, b"\0")
    selectors = [named.get(name, 0) & 0xFFFF for name in _AMD64_SELECTORS]
    struct.pack_into("<I", context, 0x30, _AMD64_FULL)
    context[0x34:0x38] = fxsave[0x18:0x1C]
    struct.pack_into("<6H", context, 0x38, *selectors)
    struct.pack_into("<I", context, 0x44, named.get("eflags", 0) & 0xFFFFFFFF)
    words = [named.get(name, 0) for name in _AMD64_GENERAL]
    struct.pack_into("<17Q", context, 0x78, *words)
    context[0x100:0x300] = fxsave
    return bytes(context)


def _encode_arm64(registers: Registers) -> bytes:
    """PSTATE at 4, x0…x30 sp pc at 8, v0…v31 at 0x110, fpcr, fpsr at 0x310."""
    named = registers.general
    context = bytearray(912)
    floating = registers.floating[:PRFPREG_BYTES].ljust(PRFPREG_BYTES, b"\0")
    fpsr, fpcr = struct.unpack_from("<II", floating, 512)
    struct.pack_into("<II", context, 0, _ARM64_FULL, named.get("pstate", 0) & 2**32 - 1)
    struct.pack_into("<33Q", context, 8, *(named.get(n, 0) for n in _ARM64_GENERAL))
    context[0x110:0x310] = floating[:512]
    struct.pack_into("<II", context, 0x310, fpcr, fpsr)
    return bytes(context)


def decode_context(kind: ProcessorArchitecture, data: bytes) -> Registers:
    """The registers in a context whose size and flags were already checked.

    An x86 context gives its 32-bit registers under their own names, with ``rip`` and
    ``rsp`` beside them, so that every thread has an instruction and a stack pointer.
    """
    match kind:
        case ProcessorArchitecture.AMD64:
            return _decode_amd64(data)
        case ProcessorArchitecture.ARM64:
            return _decode_arm64(data)
        case ProcessorArchitecture.ARM64_OLD:
            return _decode_arm64_old(data)
        case ProcessorArchitecture.X86:
            return _decode_x86(data)


def _decode_amd64(data: bytes) -> Registers:
    words = struct.unpack_from("<17Q", data, 0x78)
    general = dict(zip(_AMD64_GENERAL, words, strict=True))
    selectors = struct.unpack_from("<6H", data, 0x38)
    general |= zip(_AMD64_SELECTORS, selectors, strict=True)
    general["eflags"] = struct.unpack_from("<I", data, 0x44)[0]
    return Registers(Architecture.AMD64, general, data[0x100:0x300])


def _decode_arm64(data: bytes) -> Registers:
    words = struct.unpack_from("<33Q", data, 8)
    general = dict(zip(_ARM64_GENERAL, words, strict=True))
    general["pstate"] = struct.unpack_from("<I", data, 4)[0]
    fpcr, fpsr = struct.unpack_from("<II", data, 0x310)
    status = struct.pack("<IIQ", fpsr, fpcr, 0)
    return Registers(Architecture.ARM64, general, data[0x110:0x310] + status)


def _decode_arm64_old(data: bytes) -> Registers:
    """Breakpad's layout: 64-bit flags, cpsr behind pc, vectors at 0x11c."""
    words = struct.unpack_from("<33Q", data, 8)
    general = dict(zip(_ARM64_GENERAL, words, strict=True))
    general["pstate"], fpsr, fpcr = struct.unpack_from("<III", data, 0x110)
    status = struct.pack("<IIQ", fpsr, fpcr, 0)
    return Registers(Architecture.ARM64, general, data[0x11C:0x31C] + status)


def _decode_x86(data: bytes) -> Registers:
    """Registers: edi at 0x9c … eip 0xb8, cs, eflags, esp 0xc4."""
    words = struct.unpack_from("<10I", data, 0x9C)
    general = dict(zip(_X86_GENERAL, words, strict=True))
    general["esp"] = struct.unpack_from("<I", data, 0xC4)[0]
    general |= {"rip": general["eip"], "rsp": general["esp"]}
    return Registers(Architecture.AMD64, general)
