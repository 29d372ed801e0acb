"""Which words of a stack or register may stay: small numbers and pointers we can name.

The rule, for 64-bit little-endian words at addresses divisible by eight:

=====================================  ==========================
below the stack pointer                0
signed value between -4095 and 4095    kept
points into the thread's own stack     kept
points into an executable mapping      kept; below 4 GiB only if a return address
the same under a signature (AArch64)   the address alone, if it is a return address
anything else                          ``0x0defaced0defaced``
a partial word at either end           0
=====================================  ==========================

Below 4 GiB (executables linked at a fixed address) three letters of text make a
valid address, so there the word must be one that a call instruction pushes.

AArch64 signs return addresses on the stack where programs ask for it (Arm ARM, D8.10).
The signature is in bits 63 to 56 and from 54 down to those of an address; bit 55 stays
that of the address, 0 in a process. No one can unwind through a signed word unless told
how many bits an address has, so what is kept is the address.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

DEFACED: Final = 0x0DEFACED0DEFACED
WORD: Final = 8
_SMALL: Final = 4096
_SMALL_NEGATIVE: Final = (1 << 64) - _SMALL  # exclusive: -4096 itself is not small
_FOUR_GIB: Final = 1 << 32
_FULL: Final = 1 << 64
_UPPER_HALF: Final = 1 << 55
"""Set in the kernel's addresses on AArch64, signed or not."""


class Ranges:
    """Sorted, disjoint address ranges ``[start, end)`` with a fast ``contains``.

    Overlapping and touching ranges are joined; empty and reversed ones are ignored.
    """

    __slots__ = ("_ends", "_high", "_low", "_starts")

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        starts: list[int] = []
        ends: list[int] = []
        for start, end in sorted(ranges):
            if start >= end:
                continue
            if ends and start <= ends[-1]:
                ends[-1] = max(ends[-1], end)
            else:
                starts.append(start)
                ends.append(end)
        self._starts = starts
        self._ends = ends
        self._low = starts[0] if starts else 0
        self._high = ends[-1] if ends else 0

    def contains(self, address: int) -> bool:
        """Whether the address lies in one of the ranges."""
        if not self._low <= address < self._high:
            return False
        return address < self._ends[bisect_right(self._starts, address) - 1]

    __contains__ = contains

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self._starts, self._ends, strict=True)

    def __len__(self) -> int:
        return len(self._starts)


def sanitize_stack(
    data: bytes,
    address: int,
    stack_pointer: int,
    *,
    own_stack: tuple[int, int],
    executable: Ranges,
    is_return_address: Callable[[int], bool],
    address_bits: int = 64,
) -> bytes:
    """Apply the rule to a piece of stack; the result has the same length.

    Args:
        data: The bytes of the stack.
        address: Address of the first byte.
        stack_pointer: The interrupted stack pointer; rounded up to a word, all
            below it becomes zero (the red zone too: nobody needs it to unwind).
        own_stack: Start and end of this thread's stack mapping.
        executable: The executable mappings of the process.
        is_return_address: Whether the code before this address is a call; asked
            only for words below 4 GiB and signed ones, once for each value.
        address_bits: How many bits of a word are an address, where the rest may be a
            signature; 64 where nothing is signed.
    """
    lead = min(-address % WORD, len(data))
    count = (len(data) - lead) // WORD
    first = address + lead
    dead = min(max(-(-(stack_pointer - first) // WORD), 0), count)
    live = array("Q", data[lead + dead * WORD : lead + count * WORD])
    _to_native(live)
    rule = _judge(executable, is_return_address, address_bits)
    kept = _sanitize_words(live, own_stack, rule)
    _to_native(kept)
    tail = len(data) - lead - count * WORD
    return bytes(lead + dead * WORD) + kept.tobytes() + bytes(tail)


def sanitize_register(
    value: int,
    *,
    own_stack: tuple[int, int],
    executable: Ranges,
    is_return_address: Callable[[int], bool],
    address_bits: int = 64,
) -> int:
    """Apply the same rule to one general register or a fault address.

    A negative value is taken as the unsigned word that has the same bits.
    """
    word = array("Q", [value % _FULL])
    rule = _judge(executable, is_return_address, address_bits)
    return _sanitize_words(word, own_stack, rule)[0]


def _judge(
    executable: Ranges, is_return_address: Callable[[int], bool], address_bits: int
) -> Callable[[int], int]:
    """What becomes of a word that is neither small nor points into the stack."""
    verdicts: dict[int, int] = {}
    address = (1 << address_bits) - 1
    may_be_signed = address_bits < 64

    def judge(word: int) -> int:
        verdict = verdicts.get(word)
        if verdict is None:
            keep = executable.contains(word) and (
                word >= _FOUR_GIB or is_return_address(word)
            )
            verdict = word if keep else DEFACED
            if may_be_signed and not keep and word > address and not word & _UPPER_HALF:
                bare = word & address
                if executable.contains(bare) and is_return_address(bare):
                    verdict = bare
            verdicts[word] = verdict
        return verdict

    return judge


def _sanitize_words(
    words: array[int], own_stack: tuple[int, int], judge: Callable[[int], int]
) -> array[int]:
    start, end = own_stack
    return array(
        "Q",
        [
            word
            if word < _SMALL or word > _SMALL_NEGATIVE or start <= word < end
            else judge(word)
            for word in words
        ],
    )


def _to_native(words: array[int]) -> None:
    if sys.byteorder == "big":
        words.byteswap()


def preceded_by_call(code_before: bytes, machine: str = "x86_64") -> bool:
    """Whether the bytes that end just before an address are a call instruction.

    Give at least the last seven bytes (four on AArch64); fewer can only hide a call.
    Encodings: Intel SDM volume 2, CALL: ``e8 rel32`` and ``ff /2`` in each length
    that ModRM and SIB allow (prefixes stand further left and do not matter); Arm
    ARM, C6.2: BL, BLR and BLR with pointer authentication. An unknown machine
    has no calls.
    """
    if machine in {"x86_64", "amd64"}:
        return _ends_with_x86_call(code_before)
    if machine in {"aarch64", "arm64"}:
        return _ends_with_arm_call(code_before)
    return False


def _ends_with_x86_call(code: bytes) -> bool:
    if len(code) >= 5 and code[-5] == 0xE8:
        return True
    return any(
        len(code) >= length
        and code[-length] == 0xFF
        and _modrm_call_length(code[len(code) - length + 1 :]) == length
        for length in (2, 3, 4, 6, 7)
    )


def _modrm_call_length(rest: bytes) -> int:
    """Length of ``ff /2`` with this ModRM (and SIB), or 0 if it is not a call."""
    modrm = rest[0]
    mode, register, memory = modrm >> 6, modrm >> 3 & 7, modrm & 7
    if register != 2:
        return 0
    if mode == 3:
        return 2
    has_sib = memory == 4
    if has_sib and len(rest) < 2:
        return 0
    absolute = mode == 0 and (memory == 5 or (has_sib and rest[1] & 7 == 5))
    displacement = 4 if absolute else (0, 1, 4)[mode]
    return 2 + has_sib + displacement


def _ends_with_arm_call(code: bytes) -> bool:
    if len(code) < 4:
        return False
    instruction = int.from_bytes(code[-4:], "little")
    is_bl = instruction & 0xFC00_0000 == 0x9400_0000
    is_blr = instruction & 0xFFFF_FC1F == 0xD63F_0000
    is_authenticated_blr = instruction & 0xFEFF_F800 == 0xD63F_0800
    return is_bl or is_blr or is_authenticated_blr
