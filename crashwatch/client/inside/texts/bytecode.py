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

LONGEST_CODE = 30_000
"""Bytes of one function's code; in a longer one nothing is looked for."""

MOST_CODE = 60_000
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


def start_again() -> None:
    """Begin a report: as much as ``MOST_CODE`` may be read."""
    global _read_so_far  # noqa: PLW0603 -- two reports at once share it: harmless
    _read_so_far = 0


def read(code: "CodeType") -> "list[Instruction] | None":
    """The instructions in order; None where they are too many or of a new Python."""
    global _read_so_far  # noqa: PLW0603
    raw = code.co_code
    _read_so_far += len(raw)
    if not OPERATIONS or len(raw) > LONGEST_CODE or _read_so_far > MOST_CODE:
        return None
    out: list[Instruction] = []
    start, high = -1, 0
    for offset in range(0, len(raw), 2):
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


def jump_target(code: bytes, offset: int, operation: int, argument: int) -> int:
    """Where a jump instruction goes."""
    if operation in _ABSOLUTE:
        return argument * 2
    after = offset + 2
    while after < len(code) and code[after] == 0:
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
