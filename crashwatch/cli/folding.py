"""Lines for a screen that is narrower than they are: broken between words, indented.

A terminal breaks them anywhere. What is broken here goes on below the column where it
belongs; a word that is longer than a line (a path, a hash) is left to the terminal,
which puts no line end into what is copied.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from crashwatch.prompts.screen_text import columns_of

if TYPE_CHECKING:
    from typing import TextIO

NO_END: Final = 1 << 30
"""Columns where nothing is broken: no terminal reads it."""
_FEWEST: Final = 20
"""Narrower than this, breaking would leave a word a line."""
_WORD: Final = re.compile(r"[^ ]+")
_GAP: Final = re.compile(r"(?<=[^ ])  +(?=[^ ])")


def width_of(stream: TextIO | None) -> int:
    """Columns of the terminal that reads a stream; ``NO_END`` where there is none."""
    if stream is None or stream.closed or not stream.isatty():
        return NO_END
    columns = _columns(stream)
    return columns if columns >= _FEWEST else NO_END


def _columns(stream: TextIO) -> int:
    """As ``shutil.get_terminal_size``, which would load what a list does not need."""
    told = os.environ.get("COLUMNS", "")
    if told.isascii() and told.isdigit() and int(told):
        return int(told)
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return 0


def fold(text: str, columns: int) -> str:
    """Escaped text as one or more lines of so many columns."""
    if columns_of(text) <= columns:
        return text
    return _joined(text, columns, hanging(text, columns))


def _joined(text: str, columns: int, indent: int) -> str:
    found = pieces(text, columns, indent)
    return f"\n{' ' * indent}".join(text[start:end] for start, end in found)


def pieces(text: str, columns: int, indent: int) -> list[tuple[int, int]]:
    """Where each line begins and ends in the text; all but the first are indented."""
    room, found = columns, [[0, 0]]
    for word in _WORD.finditer(text):
        start = found[-1][0]
        if columns_of(text[start : word.end()]) > room and found[-1][1] > start:
            found.append([word.start(), word.end()])
            room = columns - indent
        else:
            found[-1][1] = word.end()
    return [(start, end) for start, end in found]


def hanging(text: str, columns: int) -> int:
    """Columns by which the lines after the first are indented.

    Below the last column that begins in the left half; else a little further in.
    """
    own = len(text) - len(text.lstrip(" "))
    gaps = [found.end() for found in _GAP.finditer(text, 0, columns)]
    left = [columns_of(text[:end]) for end in gaps]
    fitting = [width for width in left if width <= columns // 2]
    return fitting[-1] if fitting else min(own + 2, columns // 2)


def refold(text: str, wrapped: int, columns: int) -> str:
    """Text that was wrapped for one width, for a narrower screen.

    A line belongs to the one before where it begins below its text, and its first word
    did not fit there any more.
    """
    if columns >= wrapped:
        return text
    lines: list[str] = []
    last = ""
    for line in text.split("\n"):
        first = line.lstrip(" ").partition(" ")[0]
        below = len(line) - len(line.lstrip(" ")) == _text_column(last)
        if line and below and columns_of(f"{last} {first}") > wrapped:
            lines[-1] += f" {line.lstrip(' ')}"
        else:
            lines.append(line)
        last = line
    return "\n".join(_below(line, columns) for line in lines)


def _text_column(line: str) -> int:
    """Where what a line says begins: after its first column, if it has two."""
    gap = _GAP.search(line)
    return gap.end() if gap else len(line) - len(line.lstrip(" "))


def _below(line: str, columns: int) -> str:
    """Folded; a paragraph goes on at its own indentation."""
    own = len(line) - len(line.lstrip(" "))
    if _GAP.search(line):
        return fold(line, columns)
    return _joined(line, columns, own)
