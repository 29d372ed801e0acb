"""Registers, stacks and code of a picture under the word rule of the scrubbers."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reports.snapshot import Architecture, MemoryBlock, Protection, Registers
from scrubbers.words import (
    DEFACED,
    Ranges,
    preceded_by_call,
    sanitize_register,
    sanitize_stack,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.snapshot import ProcessSnapshot, SignalDetails, ThreadPicture

    ReadCode = Callable[[int, int], bytes]

_LONGEST_CALL = 7
_FOUR_GIB = 1 << 32
_SMALL = 4096
_SPELLED = re.compile(rb"[A-Za-z][a-z]{2,3}")

_AMD64_FLAGS = 0x3F7FD7
"""Defined bits of RFLAGS."""

_ARM64_FLAGS = 0xF03003DF
"""NZCV, SS, IL, DAIF and mode of PSTATE."""

_SELECTORS = frozenset({"cs", "ds", "es", "fs", "gs", "ss"})
_BASES = frozenset({"fs_base", "gs_base"})
_AMD64_WORDS = frozenset(
    {
        *("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "rip", "orig_rax"),
        *(f"r{n}" for n in range(8, 16)),
    }
)
_ARM64_WORDS = frozenset({*(f"x{n}" for n in range(31)), "sp", "pc"})
_ADDRESS_BITS = {Architecture.AMD64: 64, Architecture.ARM64: 48}
"""Linux gives a process more than 48 bits only where it asks for such an address
(Documentation/arch/arm64/memory.rst)."""

_MACHINE = {Architecture.AMD64: "x86_64", Architecture.ARM64: "aarch64"}
_INSTRUCTION_POINTERS = frozenset({"rip", "pc"})


@dataclass(frozen=True, slots=True)
class Judge:
    """What the rule needs to know of one process, and the code it looks at.

    Attributes:
        executable: The executable mappings.
        code: Executable file mappings that nobody may write to: their bytes are the
            file's, not the person's.
        read_code: Bytes of the process; may return fewer or raise.
    """

    snapshot: ProcessSnapshot
    executable: Ranges
    code: Ranges
    read_code: ReadCode

    @property
    def address_bits(self) -> int:
        """How many bits of a word are an address; above may be a signature."""
        return _ADDRESS_BITS[self.snapshot.architecture]

    def is_return_address(self, address: int) -> bool:
        """Whether a call stands before ``address``; unreadable code says no.

        Of all words of three letters, one in a hundred is by chance the address
        after some call of Debian's python3.11. So what spells a word is none, which
        costs one return address of that program in two hundred.
        """
        if _SPELLED.fullmatch(address.to_bytes(8, "little").rstrip(b"\0")):
            return False
        start = address - _LONGEST_CALL
        try:
            code = self.read_code(start, _LONGEST_CALL)
        except Exception:  # noqa: BLE001 - whatever the reader does, doubt means no
            return False
        if len(code) != _LONGEST_CALL:
            return False
        return preceded_by_call(code, _MACHINE[self.snapshot.architecture])

    def word(self, value: int, own_stack: tuple[int, int]) -> int:
        """One word under the rule."""
        return sanitize_register(
            value,
            own_stack=own_stack,
            executable=self.executable,
            is_return_address=self.is_return_address,
            address_bits=self.address_bits,
        )

    def own_stack(self, thread: ThreadPicture) -> tuple[int, int]:
        """The mapping the thread's stack lies in, or the block itself.

        Below 4 GiB nothing counts as stack: there a pointer and a text look alike.
        """
        if thread.stack is None:
            return (0, 0)
        block = thread.stack
        home = next(
            (m for m in self.snapshot.mappings if m.start <= block.address < m.end),
            None,
        )
        start, end = (home.start, home.end) if home else (block.address, block.end)
        return (start, end) if start >= _FOUR_GIB else (0, 0)


def judge_for(snapshot: ProcessSnapshot, read_code: ReadCode | None) -> Judge:
    """The judge of one snapshot; without ``read_code`` its own code blocks serve."""
    mappings = snapshot.mappings
    modules = {module.path for module in snapshot.modules}
    runs = [m for m in mappings if Protection.EXECUTE in m.protection]
    pure = [
        (m.start, m.end)
        for m in runs
        if Protection.WRITE not in m.protection and m.path in modules
    ]
    executable = Ranges((m.start, m.end) for m in runs)
    reader = read_code or _reader_of(snapshot.memory)
    return Judge(snapshot, executable, Ranges(pure), reader)


def _reader_of(blocks: tuple[MemoryBlock, ...]) -> ReadCode:
    def read(address: int, size: int) -> bytes:
        for block in blocks:
            if block.address <= address and address + size <= block.end:
                at = address - block.address
                return block.data[at : at + size]
        return b""

    return read


def sanitized_stack(judge: Judge, thread: ThreadPicture) -> MemoryBlock | None:
    """The thread's stack under the rule, zero below its stack pointer."""
    block = thread.stack
    if block is None:
        return None
    data = sanitize_stack(
        block.data,
        block.address,
        thread.registers.stack_pointer,
        own_stack=judge.own_stack(thread),
        executable=judge.executable,
        is_return_address=judge.is_return_address,
        address_bits=judge.address_bits,
    )
    return MemoryBlock(block.address, data)


def sanitized_registers(judge: Judge, thread: ThreadPicture) -> Registers:
    """Known registers only: words by the rule, flags by their defined bits.

    The instruction pointer stays if it points into code at all. It is where the
    thread stands, not a value it holds, and without it no one can unwind a program
    linked below 4 GiB.
    """
    registers = thread.registers
    own_stack = judge.own_stack(thread)
    amd64 = registers.architecture is Architecture.AMD64
    words = _AMD64_WORDS if amd64 else _ARM64_WORDS
    general: dict[str, int] = {}
    for name, value in registers.general.items():
        if name in _INSTRUCTION_POINTERS and judge.executable.contains(value):
            general[name] = value
        elif name in words:
            general[name] = judge.word(value, own_stack)
        elif amd64 and name == "eflags":
            general[name] = value & _AMD64_FLAGS
        elif amd64 and name in _SELECTORS:
            general[name] = value if 0 <= value < _SMALL else 0
        elif amd64 and name in _BASES:
            general[name] = 0
        elif not amd64 and name == "pstate":
            general[name] = value & _ARM64_FLAGS
    floating = control_words(registers.architecture, registers.floating)
    return Registers(registers.architecture, general, floating)


def control_words(architecture: Architecture, floating: bytes) -> bytes:
    """The floating-point state with all but its control words zeroed.

    AMD64: FCW at 0, MXCSR and its mask at 0x18 of the fxsave area. ARM64: FPSR and
    FPCR at 512. Only their defined bits stay. A state of another size is dropped.
    """
    if architecture is Architecture.AMD64:
        if len(floating) != 512:
            return b""
        (fcw,), sse = struct.unpack_from("<H", floating), floating[0x18:0x20]
        mxcsr, mask = struct.unpack("<II", sse)
        head = struct.pack("<H22x", fcw & 0x1F7F)
        return (head + struct.pack("<II", mxcsr & 0xFFFF, mask & 0x2FFFF)).ljust(
            512, b"\0"
        )
    if len(floating) != 528:
        return b""
    fpsr, fpcr = struct.unpack_from("<II", floating, 512)
    return bytes(512) + struct.pack("<IIQ", fpsr & 0xF800009F, fpcr & 0x07F79F00, 0)


def sanitized_signal(judge: Judge, signal: SignalDetails) -> SignalDetails:
    """The signal with its address under the rule.

    The stack of the thread at fault counts as its own. An address sent by another
    process is no address: with ``si_code`` ≤ 0 it becomes 0.
    """
    if signal.code <= 0:
        return replace(signal, address=0)
    crashed = judge.snapshot.crashed
    if crashed is None:
        return replace(signal, address=judge.word(signal.address, (0, 0)))
    pointer = crashed.registers.general.get(
        "rip" if crashed.registers.architecture is Architecture.AMD64 else "pc"
    )
    if signal.address == pointer and judge.executable.contains(signal.address):
        return signal
    kept = judge.word(signal.address, judge.own_stack(crashed))
    return replace(signal, address=kept)


def code_blocks(judge: Judge) -> tuple[MemoryBlock, ...]:
    """The parts of the picture's memory that are code of a mapped file."""
    return tuple(
        MemoryBlock(low, block.data[low - block.address : high - block.address])
        for block in judge.snapshot.memory
        for start, end in judge.code
        if (low := max(start, block.address)) < (high := min(end, block.end))
    )


def defaced_words(block: MemoryBlock | None) -> int:
    """How many words of a sanitized block were taken out."""
    return block.data.count(struct.pack("<Q", DEFACED)) if block else 0
