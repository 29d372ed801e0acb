"""A line typed by a person, byte by byte, in a terminal that does no editing. Pure.

The terminal's own editing cannot be used: in it Ctrl-C counts only after Enter, or
else is a signal for everybody in the process group. A single key cannot be used
either: whoever was typing when the program crashed would agree by accident.
"""

from __future__ import annotations

import enum
from typing import Final, NamedTuple

LONGEST = 20
"""Characters; the answers are words."""


class Ended(enum.Enum):
    """How the typing ended."""

    ENTER = "Enter"
    INTERRUPT = "interrupted"
    END = "end of input"


class Typed(NamedTuple):
    """What stands on the line.

    Attributes:
        text: Its letters.
        spoiled: Something else came, such as an arrow key's ``ESC [ A``, whose last
            byte looks like a letter. The line is then no answer at all.
    """

    text: str = ""
    spoiled: bool = False


class Pressed(NamedTuple):
    """What a byte does: the line after it, what to show, and whether it ended."""

    typed: Typed
    echo: str
    ended: Ended | None = None


ENDS: Final = {
    0x0D: Ended.ENTER,
    0x0A: Ended.ENTER,
    0x03: Ended.INTERRUPT,  # Ctrl-C, and the other two that say "let me out":
    0x1C: Ended.INTERRUPT,  # Ctrl-\
    0x1A: Ended.INTERRUPT,  # Ctrl-Z
    0x04: Ended.END,  # Ctrl-D
}
ERASE: Final = b"\x7f\x08"
ERASE_LINE: Final = 0x15  # Ctrl-U


def press(typed: Typed, byte: int) -> Pressed:
    """The line after one more byte."""
    ended = ENDS.get(byte)
    if ended is Ended.END and typed != Typed():
        return Pressed(typed, "")  # in the middle of a line it does nothing anywhere
    if ended is not None:
        return Pressed(typed, "\n", ended)
    if byte in ERASE:
        return Pressed(typed._replace(text=typed.text[:-1]), _rubbed(typed.text[-1:]))
    if byte == ERASE_LINE:
        return Pressed(Typed(), _rubbed(typed.text))
    return _added(typed, chr(byte))


def _added(typed: Typed, character: str) -> Pressed:
    is_letter = character.isascii() and character.isalpha()
    if not is_letter or len(typed.text) >= LONGEST:
        return Pressed(typed._replace(spoiled=True), "")
    if typed.spoiled:
        return Pressed(typed, "")
    return Pressed(typed._replace(text=typed.text + character), character)


def _rubbed(text: str) -> str:
    """What removes ``text`` from the screen; no escape sequence is needed for it."""
    return "\b \b" * len(text)
