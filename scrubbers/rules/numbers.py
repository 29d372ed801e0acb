"""Numbers that belong to people: payment cards, bank accounts, telephones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scrubbers.rule import Rule, Span, Subject, pattern_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

# First digits and lengths by issuer (ISO/IEC 7812 ranges in use); without them one
# number in ten of this length would pass for a card.
_ISSUERS = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01]|720)\d{12,13}"
    r"|3[47]\d{13}|6(?:011|4[4-9]\d|5\d\d)\d{12,15}|3(?:5\d\d)\d{12}|3(?:0(?:[0-5]\d"
    r"|95)|[689]\d\d)\d{10}"
    r"|(?:5[0678]|6\d)\d{10,17}|1800\d{11}|2131\d{11}"
)
_IBAN_START = re.compile(
    r"(?:^|(?<=[\s\"'=:(\[,>;/|_<{`“„«*~+!?.-])|(?<=IBAN))"
    r"[A-Z]{2}\d{2}(?=[ -]?[A-Z0-9]{4})",
    re.IGNORECASE | re.ASCII,
)
_IBAN_CHARACTER = re.compile(r"[A-Za-z0-9 -]", re.ASCII)
_IBAN_OUTLINES = tuple(f"{before}aa00" for before in " \t\"'=:([,>;/|_<{`“„«*~+!?.-")
# Length by country, from the SWIFT registry of ISO 13616.
_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FO GL NL",
        19: "MK SI",
        20: "AT BA EE KZ LT LU XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}
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
    """The checks of ISO 13616 on capitals and digits: length, and 1 modulo 97."""
    if _IBAN_LENGTHS.get(compact[:2]) != len(compact):
        return False
    rotated = compact[4:] + compact[:4]
    return int("".join(str(int(character, 36)) for character in rotated)) % 97 == 1


def _find_ibans(subject: Subject) -> Iterator[Span]:
    for match in _IBAN_START.finditer(subject.text):
        length = _IBAN_LENGTHS.get(match.group()[:2].upper(), 0)
        end = match.start()
        compact = ""
        for character in subject.text[end : end + 2 * length]:
            if len(compact) == length or not _IBAN_CHARACTER.match(character):
                break
            compact += character.upper().strip(" -")
            end += 1
        if length and is_iban(compact):
            yield Span(match.start(), end, "iban", "<number>")


def _has_many_digits(text: str) -> bool:
    return sum(character.isdigit() for character in text) >= 10


def _has_enough_digits(text: str) -> bool:
    return sum(character.isdigit() for character in text) >= 8


RULES: Final = (
    pattern_rule(
        "card",
        "<number>",
        r"(?<!\w)(?<!\d\.)(?<!0x)\d(?:[ .-]?\d){11,18}(?![\w])",
        outlines=("0000000", "0000 0000", "0000-0000", "0000.0000", "0 0 0 0"),
        accept=_is_card,
        flags=re.ASCII,
    ),
    # In its usual groups, where another number stands before it.
    pattern_rule(
        "card",
        "<number>",
        r"(?<![\w.])(?:\d{4}([ -])\d{4}\1\d{4}\1\d{4}|\d{4}([ -])\d{6}\2\d{5})(?!\w)",
        outlines=("0000 0000 0000", "0000-0000-0000", "0000 000000 ", "0000-000000-"),
        accept=_is_card,
        flags=re.ASCII,
    ),
    Rule("iban", _find_ibans, outlines=_IBAN_OUTLINES),
    Rule("iban", _find_ibans, needs=("iban",)),
    pattern_rule(
        "phone",
        "<number>",
        r"(?:^|(?<=[\s\"'=:(\[,>;/|<`+*-]))\+(?!\d{1,3}(?:\.\d{1,3}){3}(?!\.?"
        r"\d))[1-9]\d{0,2}[ .-]?\(?\d{1,4}\)?"
        r"(?:[ .-]?\d{2,5}){2,5}(?![\w.])",
        outlines=tuple(f"{before}+0" for before in " \"'=:([,>;/|<`+*-"),
        accept=_has_enough_digits,
        flags=re.ASCII,
    ),
    # The same with the two zeros that are dialled for the sign.
    pattern_rule(
        "phone",
        "<number>",
        r"00(?:(?<![\w.:+-]00)|(?<=^[+-]00))[1-9]\d{0,2}([ -])"
        r"\(?\d{1,4}\)?(?:\1\d{2,8}){1,4}(?![\w.:-])",
        outlines=("0000000",),
        accept=_has_many_digits,
        flags=re.ASCII,
    ),
    # The North American way, and any number that says what it is.
    pattern_rule(
        "phone",
        "<number>",
        r"(?<![\w)])\([2-9]\d\d\) ?\d{3}[ .-]\d{4}(?![\w.])",
        outlines=("(000) 000", "(000)000"),
        flags=re.ASCII,
    ),
    pattern_rule(
        "phone",
        "<number>",
        r"(?<![\w.+-])[2-9]\d\d([.-])[2-9]\d\d\1\d{4}(?![\w.-])",
        outlines=("000-000-0000", "000.000.0000"),
        flags=re.ASCII,
    ),
    pattern_rule(
        "phone",
        "<number>",
        r"\b(?:phone|tel|telephone|mobile|cell|fax|handy|telefon|msisdn)(?:[ _-]?(?:no"
        r"|number|nr))?\.?"
        r"[\"']?\s{0,4}[:=]\s{0,4}[\"']?(?P<v>[+(]?\d[\d ()/.-]{5,20}\d)",
        needs=("phone", "tel", "mobile", "cell", "fax", "handy", "msisdn"),
        between=("=", ":"),
        before=".+-",
        accept=_has_enough_digits,
    ),
    pattern_rule(
        "national_id",
        "<number>",
        r"(?<![\w.-])(?!000|9)\d{3}-\d{2}-\d{4}(?![\w-])",
        outlines=("000-00-0000",),
        flags=re.ASCII,
    ),
)
