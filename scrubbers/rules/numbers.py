"""Numbers that belong to people: payment cards, bank accounts, telephones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scrubbers.rule import Rule, Span, pattern_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

# First digits and lengths by issuer (ISO/IEC 7812 ranges in use); without them one
# number in ten of this length would pass for a card.
_ISSUERS = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01]|720)\d{12,13}"
    r"|3[47]\d{13}|6(?:011|4[4-9]\d|5\d\d)\d{12,15}|3(?:5\d\d)\d{12}|3(?:0[0-5]|[689]\d)\d{11}"
    r"|(?:5[0678]|6\d)\d{10,17}|1800\d{11}|2131\d{11}"
)
_IBAN_START = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?=[ -]?[A-Z0-9]{4})", re.I | re.A
)
_IBAN_BODY = re.compile(r"[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}", re.I | re.A)
_SEPARATORS = str.maketrans("", "", " -.")


def luhn_holds(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B."""
    total = 0
    for at, digit in enumerate(map(int, reversed(digits))):
        doubled = digit * 2 if at % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def _is_card(text: str) -> bool:
    digits = text.translate(_SEPARATORS)
    return _ISSUERS.fullmatch(digits) is not None and luhn_holds(digits)


def is_iban(compact: str) -> bool:
    """The check of ISO 13616 on capitals and digits: the number modulo 97 is 1."""
    if not 15 <= len(compact) <= 34:
        return False
    rotated = compact[4:] + compact[:4]
    return int("".join(str(int(character, 36)) for character in rotated)) % 97 == 1


def _find_ibans(text: str) -> Iterator[Span]:
    """Account numbers, the longest that holds at each place.

    The check decides where one ends: words or another number may follow it.
    """
    at = 0
    while match := _IBAN_START.search(text, at):
        at = match.end()
        body = _IBAN_BODY.match(text, match.start())
        ends = _iban_ends(body.group()) if body else []
        if ends:
            at = match.start() + ends[-1]
            yield Span(match.start(), at, "iban", "<number>")


def _iban_ends(text: str) -> list[int]:
    compact = ""
    ends = []
    for at, character in enumerate(text.upper(), 1):
        if character.isalnum():
            compact += character
            if is_iban(compact):
                ends.append(at)
    return ends


def _has_enough_digits(text: str) -> bool:
    return sum(character.isdigit() for character in text) >= 8


RULES: Final = (
    pattern_rule(
        "card",
        "<number>",
        r"(?<![\w.])(?<!0x)\d(?:[ .-]?\d){11,18}(?![\w])",
        accept=_is_card,
        flags=re.ASCII,
    ),
    Rule("iban", _find_ibans),
    pattern_rule(
        "phone",
        "<number>",
        r"(?<![\w.+])\+[1-9]\d{0,2}[ .-]?\(?\d{1,4}\)?(?:[ .-]?\d{2,5}){2,5}(?![\w.])",
        needs=("+",),
        accept=_has_enough_digits,
        flags=re.ASCII,
    ),
    pattern_rule(
        "national_id",
        "<number>",
        r"(?<![\w.-])(?!000|9)\d{3}-\d{2}-\d{4}(?![\w-])",
        needs=("-",),
        flags=re.ASCII,
    ),
)
