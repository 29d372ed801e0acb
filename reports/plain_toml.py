"""A reader for plain TOML: what settings are mostly written in. Pure.

``tomllib`` takes some 8 ms of a start, most of it for regular expressions that it
compiles. Plain is a document of comments, ``[table]`` and ``[table.below]``, and of
bare keys whose values are strings without a backslash, whole numbers, fractions,
``true``, ``false``, days, or a list of these. Of anything else nothing is said here,
also not whether it is TOML at all: ``tomllib`` reads it. What is plain means the same
to both.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_DIGITS = frozenset("0123456789")
_BARE = _DIGITS | frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-")
_BLANK = " \t"
_WORDS = {"true": True, "false": False}
_MOST_DIGITS = 15
"""Above it a fraction has more than one nearest text, and a number is no setting."""


class _NotPlainError(Exception):
    """Something that is not read here."""


def read_plain(text: str) -> dict[str, object] | None:
    """The document's tables, as ``tomllib.loads`` gives them; None: it is not plain."""
    seen = text.replace("\n", "").replace("\t", "")
    if not seen.isprintable() or "\\" in text:
        return None
    try:
        return _document(iter(text.split("\n")))
    except _NotPlainError:
        return None


def _document(lines: Iterator[str]) -> dict[str, object]:
    document: dict[str, object] = {}
    table = document
    for whole in lines:
        line = whole.strip(_BLANK)
        if line[:1] == "[":
            table = _begun(document, line)
        elif line and line[0] != "#":
            key, _, rest = line.partition("=")
            key = key.rstrip(_BLANK)
            if not _is_bare(key) or key in table:
                raise _NotPlainError
            table[key], rest = _value(rest.lstrip(_BLANK), lines)
            _end(rest)
    return document


def _begun(document: dict[str, object], line: str) -> dict[str, object]:
    """The table that a line in brackets begins; it must be a new one."""
    if line[1:2] in ('"', "'"):
        name, rest = _string(line[1:])
        above, last = [], name
        if rest[:1] != "]":
            raise _NotPlainError
        rest = rest[1:]
    else:
        inside, bracket, rest = line[1:].partition("]")
        *above, last = inside.split(".")
        if not bracket or not all(map(_is_bare, (*above, last))):
            raise _NotPlainError
    _end(rest)
    table = document
    for name in above:
        below = table.setdefault(name, {})
        if not isinstance(below, dict):
            raise _NotPlainError
        table = below
    if last in table:
        raise _NotPlainError
    begun: dict[str, object] = {}
    table[last] = begun
    return begun


def _value(text: str, lines: Iterator[str]) -> tuple[object, str]:
    """The value that ``text`` begins with, and what stands behind it."""
    return _list(text[1:], lines) if text[:1] == "[" else _single(text)


def _list(text: str, lines: Iterator[str]) -> tuple[list[object], str]:
    """A list behind its bracket; further lines are taken where it goes on there."""
    found: list[object] = []
    expected = True
    while True:
        text = text.lstrip(_BLANK)
        if text[:1] in ("", "#"):
            text = _next(lines)
        elif text[0] == "]":
            return found, text[1:]
        elif text[0] == ",":
            if expected:
                raise _NotPlainError
            expected, text = True, text[1:]
        elif expected:
            value, text = _single(text)
            found.append(value)
            expected = False
        else:
            raise _NotPlainError


def _next(lines: Iterator[str]) -> str:
    for line in lines:
        return line
    raise _NotPlainError


def _single(text: str) -> tuple[object, str]:
    if text[:1] in ('"', "'"):
        return _string(text)
    end = 0
    while end < len(text) and text[end] not in " \t,]#":
        end += 1
    return _meaning(text[:end]), text[end:]


def _string(text: str) -> tuple[str, str]:
    # A text of several lines begins as an empty one, and what follows is refused.
    inside, mark, rest = text[1:].partition(text[0])
    if not mark:
        raise _NotPlainError
    return inside, rest


def _meaning(word: str) -> object:
    """A word without quotes."""
    if word in _WORDS:
        return _WORDS[word]
    if len(word) == len("2000-01-01") and word[4] == "-":
        return _day(word)
    sign = word[:1] if word[:1] in ("+", "-") else ""
    whole, point, fraction = word[len(sign) :].partition(".")
    if not _is_number(whole) or (whole[0] == "0" and whole != "0"):
        raise _NotPlainError
    if not point:
        return int(word)
    if not _is_number(fraction):
        raise _NotPlainError
    return float(word)


def _day(word: str) -> object:
    from datetime import date  # noqa: PLC0415 -- settings have none

    year, _, rest = word.partition("-")
    month, dash, day = rest.partition("-")
    if not dash or not (len(month) == len(day) == 2):
        raise _NotPlainError
    if not all(map(_is_number, (year, month, day))):
        raise _NotPlainError
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise _NotPlainError from None


def _is_number(word: str) -> bool:
    return 0 < len(word) <= _MOST_DIGITS and _DIGITS.issuperset(word)


def _is_bare(key: str) -> bool:
    return bool(key) and _BARE.issuperset(key)


def _end(rest: str) -> None:
    """Refuse what is neither a comment nor nothing."""
    if rest.lstrip(_BLANK)[:1] not in ("", "#"):
        raise _NotPlainError
