"""Bytes as numbers: rows of ``hexdump -C`` and ``xxd``, and text in hexadecimal.

What a row of a dump holds is memory, whatever it says, and goes whole. Bytes without
the column of their letters go if they read as text: instructions hardly ever do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scrubbers.rule import Rule, Span, Subject, pattern_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_FEW = 6  # fewer bytes may be letters by chance, or an address of a network card
_SPACED = re.compile(
    r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{2}(?:([ :,])[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2}){4,})"
    r"(?![0-9A-Fa-f])"
)
# Longer than any address.
_LONG = re.compile(r"(?:[0-9A-Fa-f]{2}){9,}")
# Letters begin with these digits; addresses of the stack and of libraries do not.
_PREFIXES = (
    *(f"0x{digit}" for digit in "234568cde"),
    *(f"0x7{digit}" for digit in "0123456789abcde"),
    *("\\x", "x'"),
)
# How letters look there: of ASCII, and of most scripts that are not.
_OUTLINES = tuple(
    f"{mark}{one}{mark}{two}{mark}"
    for mark in " :"
    for one, two in (("00", "00"), ("00", "0a"), ("0a", "00"), ("a0", "a0"))
)


def _reads_as_text(raw: bytes) -> bool:
    if len(raw) < _FEW:
        return False
    text = raw.decode("utf-8", "replace")
    seen = sum(each.isprintable() and each != "\ufffd" for each in text)
    return seen * 10 >= len(text) * 8 and any(each.isalnum() for each in text)


def _find_spaced(subject: Subject) -> Iterator[Span]:
    for match in _SPACED.finditer(subject.text):
        digits = re.sub("[ :,]", "", match.group())
        if _reads_as_text(bytes.fromhex(digits)):
            yield Span(match.start(), match.end(), "dump", "<secret>")


def _find_prefixed(subject: Subject) -> Iterator[Span]:
    for prefix in ("0x", "\\x", "x'"):
        at = subject.lowered.find(prefix)
        while at >= 0:
            match = _LONG.match(subject.text, at + 2)
            if match and _reads_as_text(bytes.fromhex(match.group())):
                yield Span(match.start(), match.end(), "dump", "<secret>")
            at = subject.lowered.find(prefix, match.end() if match else at + 2)


RULES: Final = (
    # hexdump -C: an offset, sixteen bytes, and their letters between bars.
    pattern_rule(
        "dump",
        "<secret>",
        r"(?<![\w.])[0-9a-f]{7,8}:?[ ]{1,2}"
        r"(?P<v>(?:[0-9a-f]{2}[ ]{1,2}){1,16}[ ]{0,50}\|[^\n]{1,64}\|)",
        needs=("|",),
    ),
    # xxd: an offset, words of four digits, and letters after two spaces.
    pattern_rule(
        "dump",
        "<secret>",
        r"(?<![\w.])[0-9a-f]{7,8}: (?P<v>(?:[0-9a-f]{2,4} ){1,16} {1,45}[^\n]{1,32})",
        outlines=("00000000: ", "000000a0: ", "00000a00: ", "00000aa0: "),
    ),
    Rule("dump", _find_spaced, outlines=_OUTLINES),
    Rule("dump", _find_prefixed, needs=_PREFIXES),
)
