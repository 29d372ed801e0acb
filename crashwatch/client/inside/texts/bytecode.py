"""The instructions of a function, read by hand: ``dis`` would cost 1 MB and 20 ms.

``co_code`` is the code as compiled, whatever the interpreter has made of it since.
Layout (CPython's ``Python/compile.c`` and ``Lib/dis.py`` of each version): units of two
bytes, opcode and argument; ``EXTENDED_ARG`` gives the higher bits of the next one's;
from 3.11 inline caches are units of opcode 0. A jump counts in units: from the start
(3.10, absolute ones) or from the instruction after its own caches.
"""

import sys

from .opcodes import numbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

Instruction = tuple[int, int, int, int]
"""Where it starts (its first EXTENDED_ARG), where it is, its opcode, its argument."""

LONGEST_CODE = 60_000
"""Bytes of one function's code; in a longer one nothing is looked for."""

MOST_CODE = 20_000
"""Bytes of code that are read for one report: what bounds the time it takes."""

_read_so_far = 0

OPERATIONS = numbers(sys.version_info[:2])
"""Opcode numbers of this very Python, by name; empty where they are not known."""

_EXTENDED = OPERATIONS.get("EXTENDED_ARG", -1)
_FORWARD = frozenset(
    OPERATIONS.get(name, -1)
    for name in (
        *("JUMP_FORWARD", "FOR_ITER", "SEND", "SETUP_FINALLY", "SETUP_WITH"),
        *("SETUP_ASYNC_WITH", "POP_JUMP_FORWARD_IF_FALSE", "POP_JUMP_FORWARD_IF_TRUE"),
        *("POP_JUMP_FORWARD_IF_NONE", "POP_JUMP_FORWARD_IF_NOT_NONE"),
    )
)
_BY_VERSION = frozenset(
    OPERATIONS.get(name, -1)
    for name in (
        *("POP_JUMP_IF_FALSE", "POP_JUMP_IF_TRUE", "POP_JUMP_IF_NONE"),
        *("POP_JUMP_IF_NOT_NONE", "JUMP_IF_FALSE_OR_POP", "JUMP_IF_TRUE_OR_POP"),
        *("JUMP_ABSOLUTE", "JUMP_IF_NOT_EXC_MATCH"),
    )
)
_BACKWARD = frozenset(
    OPERATIONS.get(name, -1)
    for name in (
        *("JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"),
        *("POP_JUMP_BACKWARD_IF_FALSE", "POP_JUMP_BACKWARD_IF_TRUE"),
        *("POP_JUMP_BACKWARD_IF_NONE", "POP_JUMP_BACKWARD_IF_NOT_NONE"),
    )
)
_ABSOLUTE = _BY_VERSION if sys.version_info < (3, 11) else frozenset()
JUMPS = (_FORWARD | _BY_VERSION | _BACKWARD) - {-1}
_MARK_JUMPS = bytes(74 if number in JUMPS else 0 for number in range(256))  # J


def start_again() -> None:
    """Begin a report: as much as ``MOST_CODE`` may be read."""
    global _read_so_far  # noqa: PLW0603 -- two reports at once share it: harmless
    _read_so_far = 0


def read(
    code: "CodeType", begin: int = 0, end: "int | None" = None
) -> "list[Instruction] | None":
    """The instructions from ``begin`` on, in order, up to the one at ``end``.

    Returns:
        None where they are too many, or of a Python that is not known.
    """
    global _read_so_far  # noqa: PLW0603
    raw = code.co_code
    end = len(raw) if end is None else end + 2
    _read_so_far += end - begin
    if not OPERATIONS or len(raw) > LONGEST_CODE or _read_so_far > MOST_CODE:
        return None
    out: list[Instruction] = []
    start, high = -1, 0
    for offset in range(begin, end, 2):
        operation = raw[offset]
        if operation == 0:
            continue
        argument = raw[offset + 1] | high
        if start < 0:
            start = offset
        if operation == _EXTENDED:
            high = argument << 8
            continue
        out.append((start, offset, operation, argument))
        start, high = -1, 0
    return out


def beginning(raw: bytes, offset: int) -> int:
    """The start of the first instruction at or after ``offset``."""
    while offset > 0 and (raw[offset] == 0 or raw[offset - 2] == _EXTENDED):
        offset += 2
    return max(offset, 0)


def jumps(raw: bytes) -> "dict[int, int]":
    """All jump instructions: where they are, and where they go."""
    marked = raw[::2].translate(_MARK_JUMPS)
    found: dict[int, int] = {}
    unit = marked.find(b"J")
    while unit >= 0:
        argument, shift, before = raw[2 * unit + 1], 8, 2 * unit - 2
        while before >= 0 and raw[before] == _EXTENDED:
            argument |= raw[before + 1] << shift
            shift, before = shift + 8, before - 2
        found[2 * unit] = _target(raw, 2 * unit, raw[2 * unit], argument)
        unit = marked.find(b"J", unit + 1)
    return found


def _target(raw: bytes, offset: int, operation: int, argument: int) -> int:
    if operation in _ABSOLUTE:
        return argument * 2
    after = offset + 2
    while after < len(raw) and raw[after] == 0:
        after += 2
    return after - argument * 2 if operation in _BACKWARD else after + argument * 2


def handlers(code: "CodeType") -> set[int]:
    """Where exception handlers begin (3.11 and later; before, ``SETUP_FINALLY`` tells).

    ``co_exceptiontable``: for each range its start, length, target and depth, as
    numbers of 6 bits a byte, highest first, bit 6 saying that more follow.
    """
    numbers_read: list[int] = []
    value = 0
    for byte in getattr(code, "co_exceptiontable", b""):
        value = value << 6 | byte & 63
        if not byte & 64:
            numbers_read.append(value)
            value = 0
    return {target * 2 for target in numbers_read[2::4]}
