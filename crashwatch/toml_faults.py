"""TOML that is not plain, or wrong: read by ``tomllib``, with the place of a fault.

Loaded only for such a text: ``tomllib`` is a large part of a short process's start.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from crashwatch.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)\Z")
_MISSING = object()


def parsed(text: str, file: str) -> dict[str, object]:
    """The document's tables; ``file`` is its name in error messages.

    Raises:
        ConfigurationError: It is not TOML; with line and column.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigurationError("is nested too deeply", file=file) from None
    except ValueError as error:
        what, line, column = _place(str(error), text)
        raise ConfigurationError(
            f"is not valid TOML: {what}", file=file, line=line, column=column
        ) from None


def end_of(text: str) -> tuple[int, int]:
    """Line and column, from 1, just after ``text``."""
    line = text.count("\n") + 1
    return line, len(text) - (text.rfind("\n") + 1) + 1


def _place(message: str, text: str) -> tuple[str, int, int]:
    """Split tomllib's message into what and where.

    Up to Python 3.13 the place is only in the message's text.
    """
    match = _PLACE.search(message)
    if match is None:
        return "a value is out of range", 0, 0
    what = message[: match.start()].strip()
    what = what if what.isprintable() else "an unexpected character"
    what = what[:1].lower() + what[1:]
    if match[1] is None:
        return what, *end_of(text)
    return what, int(match[1]), int(match[2])


def line_of(text: str, key: str) -> int:
    """The line, from 1, on which the top-level ``key`` of valid ``text`` begins; or 0.

    tomllib keeps no places. A line is the one if what stands before it parses and
    does not have the key yet, and the shortest text from there on that parses does:
    this sees through comments, strings of several lines, tables and dotted keys.
    """
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        if key in line and _begins_on(lines, number, key):
            return number
    return 0


def _begins_on(lines: list[str], number: int, key: str) -> bool:
    before = _value_in(lines[: number - 1], key)
    if before is not _MISSING:
        return False
    for end in range(number, len(lines) + 1):
        value = _value_in(lines[:end], key)
        if value is not None:
            return value is not _MISSING
    return False


def _value_in(lines: Iterable[str], key: str) -> object:
    """The key's value in these lines, ``_MISSING``, or None where they do not parse."""
    try:
        return tomllib.loads("".join(lines)).get(key, _MISSING)
    except (ValueError, RecursionError):
        return None
