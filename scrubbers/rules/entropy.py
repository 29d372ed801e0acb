"""Strings too random to be words: the net under the other rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scrubbers.rule import Rule, Span, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_HEXADECIMAL = re.compile(
    r"(?:0[xX]|h(?=.{16}$))?[0-9a-fA-F]+|[0-9a-fA-F]+(?:-[0-9a-fA-F]+)+"
)
# Compilers' names for functions: long, but public (Itanium C++ ABI, Rust RFC 2603).
_MANGLED = re.compile(r"(?:_{1,2}[ZR]|_T0)\w+(?:\+\w+)?")
# Libraries with many short words in their names: glUniform2i64ARB, xmlSecKeyXmlWrite.
_TERSE = re.compile(
    r"(?:epoxy_gl|_{0,2}glX?[A-Z][a-z]{3}|sqlite3[A-Z]|xmlS|xslt[A-Z]|LLVM[A-Z])"
)
# Where Nix and Guix keep packages: the hash is that of how it was built.
_STORE = re.compile(r"/(?:nix|gnu)/store/[0-9a-z]{32}-")
_PARTS = re.compile(r"[/_+-]+")
# Pairs of letters that words hardly have: a quarter of all pairs, so random text has
# them by the handful.
UNLIKELY = re.compile(
    r"q[^u\d]|[jvxz][b-df-hj-np-tv-xz]|[b-df-hj-np-tv-xz][jqxz]", re.IGNORECASE
)
# Names as long as this seldom have three numbers in them.
_LONG_NAME = 40
_NUMBER = re.compile(r"\d+")
_FEW_LETTERS = 8  # fewer are a pattern, as in xxxx-xxxx
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")


def _find_random(subject: Subject) -> Iterator[Span]:
    for match in _TOKEN.finditer(subject.text):
        if is_random(match.group()):
            yield Span(match.start(), match.end(), "entropy", "<secret>")


def is_random(token: str) -> bool:
    """Whether a token of base64 or identifier characters was made by a machine.

    Identifiers are words with few changes between capitals, small letters and
    digits; random text changes at every second character. Hexadecimal text is a
    hash or an id and stays.
    """
    token = _STORE.sub("", token)
    if (
        not token
        or _HEXADECIMAL.fullmatch(token)
        or _MANGLED.fullmatch(token)
        or _is_terse(token)
    ):
        return False
    longest = max(_PARTS.split(token.rstrip("=")), key=len)
    is_long = len(longest) >= 16 and not _HEXADECIMAL.fullmatch(longest)
    if is_long and changes(longest) * 10 >= len(longest) * 3:
        return True
    letters = _PARTS.sub("", token)
    if len(letters) < 20:
        return False
    if letters.islower() or letters.isupper():
        return _is_random_in_one_case(longest)
    return _is_random_in_both_cases(token, letters)


def _is_terse(token: str) -> bool:
    return bool(_TERSE.match(token)) and changes(token) * 100 < len(token) * 45


def _is_random_in_both_cases(token: str, letters: str) -> bool:
    turns = changes(letters) * 100
    padded = token.endswith("=") and len(token) % 4 == 0
    if turns > len(letters) * (25 if padded else 36):
        return True
    unlikely = len(UNLIKELY.findall(letters))
    if len(letters) >= _LONG_NAME and len(_NUMBER.findall(letters)) >= 3:
        unlikely += 1
    # Without digits it is rather a name of C: PyObject_CallFunctionObjArgs.
    least = 26 if letters.isalpha() else 18
    return turns > len(letters) * least and unlikely >= 2 + len(letters) // 40


def _is_random_in_one_case(letters: str) -> bool:
    """The same of base32 and the like: digits among the letters, and unlikely pairs."""
    if len(letters) < 20 or len(set(letters)) < _FEW_LETTERS:
        return False
    unlikely = len(UNLIKELY.findall(letters))
    if letters.isalpha():
        return unlikely * 100 > len(letters) * 16
    return (changes(letters) + 2 * unlikely) * 100 >= len(letters) * 20


def changes(text: str) -> int:
    """How many words and numbers a text falls into, but for the first."""
    return len(_WORD.findall(text)) - 1


RULES: Final = (Rule("entropy", _find_random, unplain=True),)
