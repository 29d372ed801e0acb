"""Evaluate a DWARF expression of call frame information.

Operations are those of DWARF 5, 2.5.1, that compilers and linkers use there: numbers,
registers, arithmetic, comparison, branches, and reading the stack.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Final

from reports.errors import UnwindingError
from reports.unwinding.cursor import Cursor

if TYPE_CHECKING:
    from collections.abc import Callable

_FULL: Final = (1 << 64) - 1
_SIGN: Final = 1 << 63
_MOST_STEPS: Final = 1000
_DEEPEST: Final = 64

_BINARY: Final[dict[int, Callable[[int, int], int]]] = {
    0x1A: operator.and_,
    0x1C: operator.sub,
    0x1E: operator.mul,
    0x21: operator.or_,
    0x22: operator.add,
    0x27: operator.xor,
    0x24: lambda value, by: value << by if by < 64 else 0,
    0x25: lambda value, by: value >> by if by < 64 else 0,
    0x26: lambda value, by: _signed(value) >> min(by, 63),
    0x29: lambda one, other: one == other,
    0x2A: lambda one, other: _signed(one) >= _signed(other),
    0x2B: lambda one, other: _signed(one) > _signed(other),
    0x2C: lambda one, other: _signed(one) <= _signed(other),
    0x2D: lambda one, other: _signed(one) < _signed(other),
    0x2E: lambda one, other: one != other,
}
_UNARY: Final[dict[int, Callable[[int], int]]] = {
    0x19: lambda value: abs(_signed(value)),
    0x1F: operator.neg,
    0x20: operator.invert,
}
_CONSTANTS: Final = {0x08: 1, 0x0A: 2, 0x0C: 4, 0x0E: 8, 0x03: 8}


def evaluate(
    expression: bytes,
    *,
    register: Callable[[int], int | None],
    word: Callable[[int], int | None],
    first: int | None = None,
) -> int:
    """The value an expression leaves on top of its stack.

    Args:
        register: Value of a register by DWARF number, or None where it is not known.
        word: The word at an address, or None where it is not known.
        first: What is on the stack at the beginning (the CFA).

    Raises:
        UnwindingError: An operation that is unknown or makes no sense, one that needs
            what is not known, or more than 1,000 of them.
    """
    machine = _Machine(Cursor(expression), register, word)
    if first is not None:
        machine.push(first)
    return machine.run()


class _Machine:
    def __init__(
        self,
        code: Cursor,
        register: Callable[[int], int | None],
        word: Callable[[int], int | None],
    ) -> None:
        self._code = code
        self._register = register
        self._word = word
        self._stack: list[int] = []

    def push(self, value: int) -> None:
        if len(self._stack) >= _DEEPEST:
            raise UnwindingError("an expression piles up too much")
        self._stack.append(value & _FULL)

    def _pop(self) -> int:
        if not self._stack:
            raise UnwindingError("an expression takes from an empty stack")
        return self._stack.pop()

    def run(self) -> int:
        steps = 0
        while not self._code.is_at_end:
            steps += 1
            if steps > _MOST_STEPS:
                raise UnwindingError("an expression does not end")
            self._step(self._code.byte())
        return self._pop()

    def _step(self, operation: int) -> None:
        code = self._code
        if 0x30 <= operation <= 0x4F:
            self.push(operation - 0x30)
        elif 0x70 <= operation <= 0x8F:
            self._push_register(operation - 0x70)
        elif operation in _BINARY:
            other = self._pop()
            self.push(_BINARY[operation](self._pop(), other))
        elif operation in _UNARY:
            self.push(_UNARY[operation](self._pop()))
        elif operation in _CONSTANTS:
            self.push(code.unsigned(_CONSTANTS[operation]))
        elif operation - 1 in _CONSTANTS and operation != 0x04:
            self.push(code.signed(_CONSTANTS[operation - 1]))
        else:
            self._seldom(operation)

    def _seldom(self, operation: int) -> None:
        code = self._code
        match operation:
            case 0x06:
                self._dereference(8)
            case 0x94:
                self._dereference(code.byte())
            case 0x10:
                self.push(code.uleb())
            case 0x11:
                self.push(code.sleb())
            case 0x23:
                self.push(self._pop() + code.uleb())
            case 0x92:
                self._push_register(code.uleb())
            case 0x1B | 0x1D:
                self._divide(operation)
            case 0x28:
                self._jump(code.signed(2), taken=self._pop() != 0)
            case 0x2F:
                self._jump(code.signed(2), taken=True)
            case _:
                self._rearrange(operation)

    def _rearrange(self, operation: int) -> None:
        match operation:
            case 0x96:
                pass
            case 0x12:
                self._pick(0)
            case 0x13:
                self._pop()
            case 0x14:
                self._pick(1)
            case 0x15:
                self._pick(self._code.byte())
            case 0x16:
                top, below = self._pop(), self._pop()
                self._stack += [top, below]
            case 0x17:
                top, second, third = self._pop(), self._pop(), self._pop()
                self._stack += [top, third, second]
            case _:
                raise UnwindingError("an unknown operation in an expression")

    def _pick(self, depth: int) -> None:
        if depth >= len(self._stack):
            raise UnwindingError("an expression takes from an empty stack")
        self.push(self._stack[-1 - depth])

    def _push_register(self, number: int) -> None:
        value = self._register(number)
        if value is None:
            raise UnwindingError("a register's value is not known")
        self.push(value + self._code.sleb())

    def _dereference(self, size: int) -> None:
        value = self._word(self._pop())
        if value is None:
            raise UnwindingError("a word of the stack is not known")
        if not 0 < size <= 8:
            raise UnwindingError("an expression reads a word of impossible size")
        self.push(value & ((1 << 8 * size) - 1))

    def _divide(self, operation: int) -> None:
        by, value = self._pop(), self._pop()
        if by == 0:
            raise UnwindingError("an expression divides by zero")
        if operation == 0x1D:
            self.push(value % by)
        else:
            quotient = abs(_signed(value)) // abs(_signed(by))
            negative = (_signed(value) < 0) != (_signed(by) < 0)
            self.push(-quotient if negative else quotient)

    def _jump(self, distance: int, *, taken: bool) -> None:
        if not taken:
            return
        position = self._code.position + distance
        if not 0 <= position <= len(self._code.data):
            raise UnwindingError("an expression jumps out of itself")
        self._code.position = position


def _signed(value: int) -> int:
    return value - (1 << 64) if value & _SIGN else value
