"""A comment typed by a person, byte by byte: any letters, and rubbing out.

Pure. No cursor movement is used but the backspace, which no terminal takes back to the
row above: where the last letter of a row is rubbed out, what is left is written anew.
"""

from __future__ import annotations

from typing import NamedTuple

from crashwatch.prompts.line_input import ENDS, ERASE, ERASE_LINE, Ended
from crashwatch.prompts.screen_text import columns_of
from reports.crash_report import LONGEST_COMMENT

_ESCAPE, _TAB, _SPACE = 0x1B, 0x09, 0x20
_LONGEST_SEQUENCE = 32  # bytes; a mouse's or a key's takes some ten


class Written(NamedTuple):
    """What stands on the line.

    Attributes:
        text: Printable letters, ``LONGEST_COMMENT`` at most.
        begun: First bytes of a letter that is not whole, or of an escape sequence,
            such as an arrow key's ``ESC [ A``: nothing of one is ever a letter.
    """

    text: str = ""
    begun: bytes = b""


class Stroke(NamedTuple):
    """What a byte does: the comment after it, what to show, and whether it ended."""

    written: Written
    echo: str = ""
    ended: Ended | None = None


def write(written: Written, byte: int, columns: int) -> Stroke:
    """The comment after one more byte.

    Args:
        written: What stands on the line, which began in the first column.
        byte: Of UTF-8.
        columns: Width of the screen.
    """
    ended = ENDS.get(byte)
    if ended is Ended.END and written.text:
        return Stroke(written)
    if ended is not None:
        return Stroke(written, "\n", ended)
    if byte in ERASE or byte == ERASE_LINE:
        left = "" if byte == ERASE_LINE else written.text[:-1]
        return Stroke(Written(left), _rubbed(written.text, left, columns))
    begun = written.begun + bytes([_SPACE if byte == _TAB else byte])
    if begun[0] == _ESCAPE:
        return Stroke(Written(written.text, b"" if _is_sequence(begun) else begun))
    return _lettered(written.text, begun, columns)


def _lettered(text: str, begun: bytes, columns: int) -> Stroke:
    """The comment after one more byte of a letter, which may not be whole yet."""
    try:
        letter = begun.decode()
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            return Stroke(Written(text, begun))
        if begun[1:]:  # what was begun was no letter; this byte may begin another
            return write(Written(text), begun[-1], columns)
        return Stroke(Written(text))
    return _added(text, letter, columns)


def _is_sequence(begun: bytes) -> bool:
    """Whether one is complete: ``ESC x``, ``ESC O x`` or ``ESC [ ... x``; or none."""
    if len(begun) >= _LONGEST_SEQUENCE:
        return True
    if len(begun) < 2 or begun == b"\x1bO":
        return False
    if begun[1:2] != b"[":
        return True
    return len(begun) > 2 and 0x40 <= begun[-1] <= 0x7E


def _added(text: str, letter: str, columns: int) -> Stroke:
    if not letter.isprintable() or len(text) >= LONGEST_COMMENT:
        return Stroke(Written(text))
    return Stroke(Written(text + letter), _shown(text, letter, columns))


def _shown(before: str, letter: str, columns: int) -> str:
    """The letter; after one in the last column the cursor is sent to the next row.

    Terminals wait there with the step until the next letter, and differ in where the
    backspace goes meanwhile.
    """
    return letter + " \r" if _column(before + letter, columns) == 0 else letter


def _column(text: str, columns: int) -> int:
    """Where the cursor stands after ``text``."""
    column = 0
    for letter in text:
        wide = columns_of(letter)
        column = wide if column + wide > columns else column + wide
        column = 0 if column >= columns else column
    return column


def _rubbed(before: str, left: str, columns: int) -> str:
    """What removes the end of ``before`` from the screen, down to ``left``."""
    gone = columns_of(before[len(left) :])
    if _column(before, columns) - _column(left, columns) == gone and gone < columns:
        return "\b \b" * gone
    anew = (_shown(left[:at], letter, columns) for at, letter in enumerate(left))
    return "\n" + "".join(anew)
