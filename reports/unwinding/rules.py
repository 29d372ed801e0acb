"""How to find the caller's registers: what one row of call frame information says."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(enum.Enum):
    """The register rules of DWARF 5, 6.4.1, and the two ways to give the CFA."""

    UNDEFINED = enum.auto()
    SAME = enum.auto()
    AT_CFA_OFFSET = enum.auto()
    CFA_OFFSET = enum.auto()
    REGISTER = enum.auto()
    AT_EXPRESSION = enum.auto()
    EXPRESSION = enum.auto()
    REGISTER_OFFSET = enum.auto()


class Rule(NamedTuple):
    """One rule.

    Attributes:
        number: The register, or the offset from the CFA.
        offset: For ``REGISTER_OFFSET``.
        expression: For the kinds that end in ``EXPRESSION``.
    """

    kind: Kind
    number: int = 0
    offset: int = 0
    expression: bytes = b""


@dataclass(frozen=True, slots=True)
class Row:
    """The rules at one place of the code.

    Attributes:
        cfa: ``REGISTER_OFFSET`` or ``EXPRESSION``.
        registers: By DWARF number; a register without a rule kept its value.
        return_register: The column of the return address.
        is_signal_frame: The caller was interrupted, not calling: its instruction
            pointer is where it stands, not behind a call.
        start: Where the function begins, in the file's numbering.
    """

    cfa: Rule
    registers: Mapping[int, Rule]
    return_register: int
    is_signal_frame: bool
    start: int
