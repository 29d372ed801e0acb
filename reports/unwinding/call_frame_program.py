"""Run a call frame program up to one place of the code.

The instructions are those of DWARF 5, 6.4.2 and table 7.29, with GNU's and AArch64's
own (``DW_CFA_GNU_args_size``, ``DW_CFA_AARCH64_negate_ra_state``), the latter from the
"DWARF for the Arm 64-bit Architecture" ABI, 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from reports.errors import UnwindingError
from reports.unwinding.rules import Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reports.unwinding.cursor import Cursor

_DEEPEST: Final = 64
"""Remembered states; compilers nest two or three."""

_LARGEST_REGISTER: Final = 256
"""Both processors number fewer; a damaged program cannot fill the memory."""

_NO_CFA: Final = Rule(Kind.UNDEFINED)
_ADVANCES: Final = {0x02: 1, 0x03: 2, 0x04: 4, 0x1D: 8}
"""``DW_CFA_advance_loc…``: bytes of the operand."""


class CallFrameProgram:
    """The state that the instructions of a CIE and then of an FDE change.

    Args:
        code_factor: What advances of the location are multiplied with.
        data_factor: What factored offsets are multiplied with.
        encoding: How ``DW_CFA_set_loc`` writes addresses.

    Attributes:
        cfa: Rule of the canonical frame address.
        registers: Rules by DWARF number.
    """

    def __init__(self, code_factor: int, data_factor: int, encoding: int) -> None:
        self._code_factor = code_factor
        self._data_factor = data_factor
        self._encoding = encoding
        self._location = 0
        self._initial: dict[int, Rule] = {}
        self._remembered: list[tuple[Rule, dict[int, Rule]]] = []
        self.cfa = _NO_CFA
        self.registers: dict[int, Rule] = {}

    def run_initial(self, instructions: Cursor) -> None:
        """Run a CIE's instructions; ``DW_CFA_restore`` goes back to what they gave.

        Raises:
            UnwindingError: An instruction that is unknown or makes no sense.
        """
        self._run(instructions, 1 << 64)
        self._initial = dict(self.registers)

    def run(self, instructions: Cursor, start: int, place: int) -> None:
        """Run an FDE's instructions as far as they are about ``place``.

        Raises:
            UnwindingError: An instruction that is unknown or makes no sense.
        """
        self._location = start
        self._run(instructions, place)

    def _run(self, code: Cursor, place: int) -> None:
        while not code.is_at_end and self._location <= place:
            instruction = code.byte()
            high, low = instruction & 0xC0, instruction & 0x3F
            if high == 0x40:
                self._advance(low, place)
            elif high == 0x80:
                self._at_offset(low, code.uleb())
            elif high == 0xC0:
                self._restore(low)
            elif low:
                self._extended(low, code, place)

    def _extended(self, instruction: int, code: Cursor, place: int) -> None:
        if instruction in _ADVANCES:
            self._advance(code.unsigned(_ADVANCES[instruction]), place)
        elif instruction == 0x01:
            self._location = code.pointer(self._encoding)
        else:
            action = self._ACTIONS.get(instruction)
            if action is None:
                raise UnwindingError("an unknown call frame instruction")
            action(self, code)

    def _advance(self, steps: int, place: int) -> None:
        location = self._location + steps * self._code_factor
        self._location = location if location <= place else 1 << 65

    def _at_offset(self, register: int, factored: int) -> None:
        self._set(register, Rule(Kind.AT_CFA_OFFSET, factored * self._data_factor))

    def _value_offset(self, register: int, factored: int) -> None:
        self._set(register, Rule(Kind.CFA_OFFSET, factored * self._data_factor))

    def _set(self, register: int, rule: Rule) -> None:
        if register >= _LARGEST_REGISTER:
            raise UnwindingError("a register's number is too large")
        self.registers[register] = rule

    def _restore(self, register: int) -> None:
        if register in self._initial:
            self.registers[register] = self._initial[register]
        else:
            self.registers.pop(register, None)

    def _remember(self, _: Cursor) -> None:
        if len(self._remembered) >= _DEEPEST:
            raise UnwindingError("call frame states are nested too deep")
        self._remembered.append((self.cfa, dict(self.registers)))

    def _recall(self, _: Cursor) -> None:
        if not self._remembered:
            raise UnwindingError("a call frame state that nobody remembered")
        self.cfa, self.registers = self._remembered.pop()

    def _cfa(self, code: Cursor) -> None:
        self.cfa = Rule(Kind.REGISTER_OFFSET, code.uleb(), code.uleb())

    def _cfa_signed(self, code: Cursor) -> None:
        register = code.uleb()
        self.cfa = Rule(Kind.REGISTER_OFFSET, register, code.sleb() * self._data_factor)

    def _cfa_register(self, code: Cursor) -> None:
        self.cfa = self._register_cfa()._replace(number=code.uleb())

    def _cfa_offset(self, code: Cursor) -> None:
        self.cfa = self._register_cfa()._replace(offset=code.uleb())

    def _cfa_offset_signed(self, code: Cursor) -> None:
        offset = code.sleb() * self._data_factor
        self.cfa = self._register_cfa()._replace(offset=offset)

    def _register_cfa(self) -> Rule:
        if self.cfa.kind is not Kind.REGISTER_OFFSET:
            raise UnwindingError("the frame's address is not a register's")
        return self.cfa

    def _cfa_expression(self, code: Cursor) -> None:
        self.cfa = Rule(Kind.EXPRESSION, expression=code.take(code.uleb()))

    def _expression(self, code: Cursor) -> None:
        register = code.uleb()
        self._set(register, Rule(Kind.AT_EXPRESSION, expression=_block(code)))

    def _value_expression(self, code: Cursor) -> None:
        register = code.uleb()
        self._set(register, Rule(Kind.EXPRESSION, expression=_block(code)))

    def _register(self, code: Cursor) -> None:
        register = code.uleb()
        self._set(register, Rule(Kind.REGISTER, code.uleb()))

    def _offset_extended(self, code: Cursor) -> None:
        self._at_offset(code.uleb(), code.uleb())

    def _offset_extended_signed(self, code: Cursor) -> None:
        self._at_offset(code.uleb(), code.sleb())

    def _offset_extended_negative(self, code: Cursor) -> None:
        self._at_offset(code.uleb(), -code.uleb())

    def _value_offset_unsigned(self, code: Cursor) -> None:
        self._value_offset(code.uleb(), code.uleb())

    def _value_offset_signed(self, code: Cursor) -> None:
        self._value_offset(code.uleb(), code.sleb())

    def _restore_extended(self, code: Cursor) -> None:
        self._restore(code.uleb())

    def _undefined(self, code: Cursor) -> None:
        self._set(code.uleb(), Rule(Kind.UNDEFINED))

    def _same_value(self, code: Cursor) -> None:
        self._set(code.uleb(), Rule(Kind.SAME))

    def _skip_number(self, code: Cursor) -> None:
        code.uleb()

    def _nothing(self, _: Cursor) -> None:
        """``negate_ra_state``: whether a return address is signed. We strip always."""

    _ACTIONS: ClassVar[Mapping[int, Callable[[CallFrameProgram, Cursor], None]]] = {
        0x05: _offset_extended,
        0x06: _restore_extended,
        0x07: _undefined,
        0x08: _same_value,
        0x09: _register,
        0x0A: _remember,
        0x0B: _recall,
        0x0C: _cfa,
        0x0D: _cfa_register,
        0x0E: _cfa_offset,
        0x0F: _cfa_expression,
        0x10: _expression,
        0x11: _offset_extended_signed,
        0x12: _cfa_signed,
        0x13: _cfa_offset_signed,
        0x14: _value_offset_unsigned,
        0x15: _value_offset_signed,
        0x16: _value_expression,
        0x2C: _nothing,
        0x2D: _nothing,
        0x2E: _skip_number,
        0x2F: _offset_extended_negative,
    }


def _block(code: Cursor) -> bytes:
    return code.take(code.uleb())
