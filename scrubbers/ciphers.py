"""Many tokens at once: which of them may hide text, be random, or name the person.

To decode one token and try to read it takes some ten microseconds, and texts have
thousands. Here all are decoded together, so that only those few that might hide
something are asked about one by one.
"""

from __future__ import annotations

import binascii
import re
import string
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from scrubbers.decoding import hidden_texts
from scrubbers.rules.entropy import UNLIKELY, is_random
from scrubbers.rules.tokens import is_sid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scrubbers.rules.identities import KnownPerson

_SHORTEST = 8
_LONG = 16
_LONG_PART = re.compile(r"[A-Za-z0-9]{16}")
_LONGER_PART = re.compile(r"[A-Za-z0-9]{20}")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_FEW_WORDS = 5
_NO_SID = 33  # characters, but for those with four hyphens
# What is wanted of a line is the group; others are passed over in one step.
_HEXADECIMAL = re.compile(r"^(?:([0-9A-Fa-f]{10,})$|.*)", re.MULTILINE)
_PARTS = re.compile(r"[/_+-]+")
_LONG_RUN = "a" * _LONG
_TO_RUNS = str.maketrans(
    string.ascii_letters + string.digits + "/_+-", "a" * 62 + "    "
)
_WITHOUT_MARKS = str.maketrans("", "", "/_+-")
_URL_SAFE = str.maketrans("-_", "+/")
_VALUES = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def _digits(mask: int, bits: int) -> str:
    """The digits of base64 whose value, masked, is this; inside of brackets."""
    chosen = "".join(
        digit for value, digit in enumerate(_VALUES) if value & mask == bits
    )
    return chosen.replace("+", "+\\-").replace("/", "/_")


def _never_utf8() -> str:
    """A pattern of base64 whose bytes are not UTF-8, as far as is quickly seen.

    Four digits are three bytes. Behind bytes of ASCII comes one that can only continue
    a character (its high bits are 10), or one that begins a character (11) and is not
    continued. A byte is there only if the digit after its own first one is.
    """
    small = [_digits(0b100000, 0), _digits(0b1000, 0), _digits(0b10, 0)]
    middle = [_digits(0b110000, 0b100000), _digits(0b1100, 0b1000), _digits(0b11, 0b10)]
    lead = [_digits(0b110000, 0b110000), _digits(0b1100, 0b1100), _digits(0b11, 0b11)]
    ascii_bytes = [f"[{each}]" for each in small]
    ways: list[str] = []
    for at in range(3):
        before = "".join(ascii_bytes[:at])
        ways.append(f"{before}[{middle[at]}](?=.)")
        gap = "." if at == 2 else ""
        ways.append(f"{before}[{lead[at]}]{gap}[^{middle[(at + 1) % 3]}\n]")
    return f"(?:{''.join(ascii_bytes)}.)*(?:{'|'.join(ways)})"


_READABLE = re.compile(rf"^(?:(?!{_never_utf8()})(.*)|.*)", re.MULTILINE)
# A byte of zero takes two digits, one of which is one of four letters.
_ZERO = re.compile(
    r"[A-D](?:(?<=A)(?=[A-P])|(?<=[AQgw][A-D])|(?<=[AEIMQUYcgkosw048]A))"
)


def tokens_of(chunks: str) -> set[str]:
    """The distinct tokens that may hide anything, of letters, digits and ``_+./-``.

    Args:
        chunks: Runs of these, one on a line. A full stop is all that a token has not.
    """
    return {
        token
        for token in set(chunks.replace(".", "\n").split("\n"))
        if len(token) >= _LONG
        or (len(token) >= _SHORTEST and not (token.islower() and token.isalpha()))
    }


def hiding(tokens: Iterable[str], person: KnownPerson) -> set[str]:
    """Those tokens that are not plain: looked at closely, they hide something.

    The ``=`` that may follow a token are not known; it is judged with any number.
    Tokens of issuers are not told, but for those that have no literal to search for.
    """
    distinct = list(set(tokens))
    long = _not_wordy([token for token in distinct if len(token) >= _LONG])
    found = set(filter(_is_made, long))
    found.update(filter(hidden_texts, _readable(distinct)))
    if person:
        found.update(filter(person.is_hidden_in, _naming(distinct, person)))
    return found


def _is_made(token: str) -> bool:
    """Whether a long token was made by a machine, whatever signs end it."""
    if _is_wordy(token):
        return False
    return is_sid(token) or any(is_random(token + tail) for tail in ("", "=", "=="))


def _not_wordy(tokens: list[str]) -> list[str]:
    """Those of many long tokens that ``_is_wordy`` must be asked about one by one.

    All others it would call words, told here from counts that are made for all at once:
    small letters in parts of less than sixteen, or few changes for so many letters.
    """
    joined = "\n".join(tokens)
    if not tokens or "/store/" in joined:
        return tokens
    runs = joined.translate(_TO_RUNS).split("\n")
    letters = joined.translate(_WITHOUT_MARKS).split("\n")
    rest = [
        (token, its_letters, _LONG_RUN in its_runs)
        for token, its_letters, its_runs in zip(tokens, letters, runs, strict=True)
        if _LONG_RUN in its_runs or not its_letters.islower()
    ]
    words = _WORD.sub("w", "\n".join([each for _, each, _ in rest])).split("\n")
    return [
        token
        for (token, its_letters, has_long), its_words in zip(rest, words, strict=False)
        if not _has_few_changes(its_letters, len(its_words))
        or token.count("-") > 3
        or (has_long and (len(its_words) > _FEW_WORDS or len(token) > _NO_SID))
    ]


def _has_few_changes(letters: str, words: int) -> bool:
    """Whether ``_is_wordy`` may call so many letters words, by the changes alone."""
    if letters.islower() or letters.isupper():
        return False
    changes = (words - 1) * 100
    if changes <= len(letters) * 18:
        return True
    return changes <= len(letters) * 25 and len(UNLIKELY.findall(letters)) < 2


def _readable(tokens: list[str]) -> set[str]:
    """Tokens of base64 or hexadecimal that may be text; all others are not."""
    joined = "\n".join(tokens)
    found = {*_HEXADECIMAL.findall(joined), *_READABLE.findall(joined)}
    found.update(_with_zeros(f"{joined}\n"))
    found.discard("")
    return found


def _with_zeros(joined: str) -> Iterator[str]:
    """Tokens, one on a line, that may be UTF-16: it has many zeros, here are two."""
    last = -1
    for match in _ZERO.finditer(joined):
        start = joined.rfind("\n", 0, match.start()) + 1
        if start == last:
            yield joined[start : joined.find("\n", start)]
        last = start


def _is_wordy(token: str) -> bool:
    """Whether a token is so much like words that ``is_random`` must say no.

    Whatever signs end it: it says yes only to a part of sixteen with five changes
    between capitals, small letters and digits; to a part of twenty in one case; or to
    a change at every fourth letter, every sixth if unlikely pairs are among them.
    """
    has_long_part = _LONG_PART.search(token) is not None
    if has_long_part and len(_WORD.findall(max(_PARTS.split(token), key=len))) > 5:
        return False
    if token.islower():
        return not has_long_part or _LONGER_PART.search(token) is None
    if token.isupper() or is_sid(token) or "/store/" in token:
        return False
    letters = token.translate(_WITHOUT_MARKS)
    changes = (len(_WORD.findall(letters)) - 1) * 100
    if changes > len(letters) * 18 and len(UNLIKELY.findall(letters)) > 1:
        return False
    return changes <= len(letters) * 25


def _naming(tokens: list[str], person: KnownPerson) -> Iterator[str]:
    """Tokens that may name the person, from each of four places they may begin at.

    Put one behind the other, each begins at one of four places in four digits, and
    the whole is decoded from each of these.
    """
    joined = "".join([*tokens, "AAAAAAA"]).translate(_URL_SAFE)
    ends: list[int] = []
    for skip in range(4):
        whole = (len(joined) - skip) // 4 * 4
        raw = binascii.a2b_base64(joined[skip : skip + whole]).lower()
        for at in person.places_in(raw):
            ends = ends or list(accumulate(map(len, tokens)))
            first = skip + at // 3 * 4 + at % 3
            yield tokens[min(bisect_right(ends, first), len(tokens) - 1)]
