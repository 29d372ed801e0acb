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

_SMALL = frozenset(b"abcdefghijklmnopqrstuvwxyz")
_LIKELY = _SMALL | frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-@ :=\0\n")
_FEW = 6  # fewer bytes may be letters by chance, or an address of a network card
_SPACED = re.compile(
    r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{2}(?:([ :,])[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2}){4,})"
    r"(?![0-9A-Fa-f])"
)
# A number longer than any address; or what x/xb of gdb prints, and a list of C.
_AFTER_0X = re.compile(
    r"0x(?:(?P<long>(?:[0-9a-f]{2}){9,})|[0-9a-f]{2}(?:[,\s]{1,3}0x[0-9a-f]{2}){5,}(?!\w))"
)
# The same as databases write it.
_BLOB = re.compile(r"(?:\\x|x')(?P<long>(?:[0-9a-f]{2}){9,})")
_BETWEEN = re.compile(r"0x|[,\s]")
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


# A list of bytes as Python, Rust and Go print it.
_DECIMAL = re.compile(r"(?<![\w.])\d{2,3}(?:(, ?| )\d{2,3}(?:\1\d{2,3}){6,})(?![\w.])")
# Words of two bytes, as hexdump and od -x print them.
_WORDS = re.compile(r"(?<![\w.])[0-9a-f]{7}((?: {1,2}[0-9a-f]{4}){2,8})(?!\w)")


def _find_decimals(subject: Subject) -> Iterator[Span]:
    for match in _DECIMAL.finditer(subject.text):
        values = [int(each) for each in re.findall(r"\d+", match.group())]
        if max(values) < 256 and _reads_as_words(bytes(values)):
            yield Span(match.start(), match.end(), "dump", "<secret>")


def _find_words(subject: Subject) -> Iterator[Span]:
    for match in _WORDS.finditer(subject.text):
        raw = bytes.fromhex(match[1].replace(" ", ""))
        swapped = bytes(
            byte for at in range(0, len(raw), 2) for byte in (raw[at + 1], raw[at])
        )
        if _reads_as_words(raw) or _reads_as_words(swapped):
            yield Span(match.start(1) + 1, match.end(1), "dump", "<secret>")


def _reads_as_words(raw: bytes) -> bool:
    """Whether nearly all bytes are letters and what stands in paths and names.

    Numbers of another kind, such as sizes, may be letters by chance, but many of them
    are round.
    """
    likely = sum(byte in _LIKELY or byte > 127 for byte in raw)
    small = sum(byte in _SMALL for byte in raw)
    is_round = sum(byte % 5 == 0 for byte in raw) * 5 > len(raw) * 2
    return (
        likely * 10 >= len(raw) * 9
        and small * 2 >= len(raw)
        and len(set(raw)) > 3
        and not is_round
    )


def _find_prefixed(subject: Subject) -> Iterator[Span]:
    for pattern in (_AFTER_0X, _BLOB):
        for match in pattern.finditer(subject.lowered):
            part = "long" if match["long"] else 0
            if _reads_as_text(bytes.fromhex(_BETWEEN.sub("", match.group(part)))):
                yield Span(match.start(part), match.end(part), "dump", "<secret>")


RULES: Final = (
    # hexdump -C: an offset, sixteen bytes, and their letters between bars.
    pattern_rule(
        "dump",
        "<secret>",
        r"(?<![\w.])[0-9a-f]{7,8}:?[ ]{1,2}"
        r"(?P<v>(?:[0-9a-f]{2}[ ]{1,2}){1,16}[ ]{0,50}\|[^\n]{1,64}\|)",
        needs=("|",),
    ),
    # hexdump without the column of letters.
    pattern_rule(
        "dump",
        "<secret>",
        r"^[0-9a-f]{8} {2}(?P<v>[0-9a-f]{2}(?: {1,2}[0-9a-f]{2}){0,15})\s*$",
        outlines=(" 00000000  ", " 000000a0  "),
    ),
    # xxd: an offset, words of four digits, and letters after two spaces.
    pattern_rule(
        "dump",
        "<secret>",
        r"(?<![\w.])[0-9a-f]{7,8}: (?P<v>(?:[0-9a-f]{2,4} ){1,16} {1,45}[^\n]{1,32})",
        outlines=("00000000: ", "000000a0: "),
    ),
    Rule("dump", _find_spaced, outlines=_OUTLINES),
    Rule("dump", _find_prefixed, needs=("0x", "\\x", "x'")),
    Rule("dump", _find_decimals, outlines=("000, 000, ", "000 000 000 ", "000,000,")),
    Rule("dump", _find_words, outlines=("0000000 ",)),
)
