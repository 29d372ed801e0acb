"""What the unwinder must know of a processor: DWARF's numbers of its registers.

AMD64: System V ABI, AMD64 supplement, figure 3.36. ARM64: "DWARF for the Arm 64-bit
Architecture" ABI, 4.1; user-space addresses have 48 bits, what is above is a pointer
authentication code or a tag.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reports.snapshot import Architecture


@dataclass(frozen=True, slots=True)
class Processor:
    """One processor family.

    Attributes:
        machine: As ``scrubbers.words.preceded_by_call`` names it.
        numbers: Register name, as in a snapshot, to DWARF number.
        pointer: Number that stands for the instruction pointer.
        stack: Number of the stack pointer.
        frame: Number of the register that compilers use as frame pointer.
        link: Register that holds the return address of a function that has not saved
            it, or None where calls put it on the stack.
        address_mask: Bits that belong to a code address.
    """

    machine: str
    numbers: dict[str, int]
    pointer: int
    stack: int
    frame: int
    link: int | None
    address_mask: int


_AMD64_ORDER: Final = (
    *("rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp"),
    *(f"r{number}" for number in range(8, 16)),
    "rip",
)
_ARM64_POINTER: Final = 32

PROCESSORS: Final = {
    Architecture.AMD64: Processor(
        machine="x86_64",
        numbers={name: number for number, name in enumerate(_AMD64_ORDER)},
        pointer=16,
        stack=7,
        frame=6,
        link=None,
        address_mask=(1 << 64) - 1,
    ),
    Architecture.ARM64: Processor(
        machine="aarch64",
        numbers={
            **{f"x{number}": number for number in range(31)},
            "sp": 31,
            "pc": _ARM64_POINTER,
        },
        pointer=_ARM64_POINTER,
        stack=31,
        frame=29,
        link=30,
        address_mask=(1 << 48) - 1,
    ),
}
