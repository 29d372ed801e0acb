"""Fold what looks the same into one form: width, marks, case, look-alike letters."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Letters that are drawn like Latin ones: Cyrillic, Greek, then Latin relatives.
# A name written with them still reads as the name. From the plain one-to-one rows
# of the confusables of Unicode Technical Standard 39.
_LOOKALIKES = {
    "\u0430": "a",
    "\u0435": "e",
    "\u043e": "o",
    "\u0440": "p",
    "\u0441": "c",
    "\u0443": "y",
    "\u0445": "x",
    "\u0456": "i",
    "\u0458": "j",
    "\u0455": "s",
    "\u0501": "d",
    "\u04bb": "h",
    "\u04cf": "l",
    "\u043c": "m",
    "\u0442": "t",
    "\u0432": "b",
    "\u043d": "h",
    "\u043a": "k",
    "\u051b": "q",
    "\u051d": "w",
    "\u03bf": "o",
    "\u03b1": "a",
    "\u03c1": "p",
    "\u03c5": "u",
    "\u03bd": "v",
    "\u03b9": "i",
    "\u03ba": "k",
    "\u03c4": "t",
    "\u03c7": "x",
    "\u03b5": "e",
    "\u0131": "i",
    "\u0142": "l",
    "\u00f8": "o",
    "\u0111": "d",
    "\u0261": "g",
    "\u0251": "a",
    "\u0127": "h",
    "\u0167": "t",
}

_MOST_REMEMBERED = 4096


@lru_cache(maxsize=_MOST_REMEMBERED)
def fold_character(character: str) -> str:
    """The folded form of one character; empty for marks and invisible ones."""
    decomposed = unicodedata.normalize("NFKD", character).casefold()
    kept: list[str] = []
    for part in unicodedata.normalize("NFKD", decomposed):
        category = unicodedata.category(part)
        if category not in {"Mn", "Me", "Cf"}:
            kept.append(_LOOKALIKES.get(part, part))
    return "".join(kept)


class _Folded(dict[int, str]):
    """A table for ``str.translate`` that is filled as characters are met."""

    def __missing__(self, code: int) -> str:
        if len(self) > _MOST_REMEMBERED:
            self.clear()
        return self.setdefault(code, fold_character(chr(code)))


_FOLDED = _Folded()


def fold(text: str) -> str:
    """The folded text; its offsets differ from the original's, see ``fold_map``."""
    if text.isascii():
        return text.lower()
    return text.translate(_FOLDED)


def fold_map(text: str) -> tuple[str, list[int], list[int]]:
    """The folded text, and for each of its characters where the original stood.

    Returns:
        The folded text, and two lists: the start and the end, in the original, of
        the character that each folded character came from. The marks and invisible
        characters that follow belong to the character before them.
    """
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for at, character in enumerate(text):
        parts = fold_character(character)
        if not parts and ends:
            ends[-1] = at + 1
        for part in parts:
            folded.append(part)
            starts.append(at)
            ends.append(at + 1)
    return "".join(folded), starts, ends


@lru_cache(maxsize=4096)
def plain_character(character: str) -> str:
    """Like ``fold_character``, but case and marks stay; only the disguise goes."""
    if unicodedata.category(character) == "Cf":
        return ""
    if "\udc80" <= character <= "\udcff":  # a byte that was not UTF-8 (PEP 383)
        return chr(ord(character) - 0xDC00)
    plain = unicodedata.normalize("NFKC", character)
    return plain.replace("\u2044", "/").replace("\uff3c", "\\")


def is_disguised(text: str) -> bool:
    """Whether ``plain_map`` changes anything; each character is asked about once."""
    return any(plain_character(character) != character for character in set(text))


def plain_map(text: str) -> tuple[str, list[int], list[int]]:
    """The text without invisible characters and odd widths, with its map."""
    plain: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for at, character in enumerate(text):
        parts = plain_character(character)
        if not parts and ends:
            ends[-1] = at + 1
        for part in parts:
            plain.append(part)
            starts.append(at)
            ends.append(at + 1)
    return "".join(plain), starts, ends
