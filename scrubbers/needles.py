"""What the tripwire looks for: every form of every value, and where it counts."""

from __future__ import annotations

import enum
import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from scrubbers.ordinary import is_ordinary_value, is_ordinary_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrubbers.identity import Identity

ENCODINGS = ("utf-8", "latin-1", "utf-16-le", "utf-32-le")


class Strength(enum.Enum):
    """Where a value must stand to mean this person."""

    ANYWHERE = enum.auto()
    WORD = enum.auto()
    STRUCTURE = enum.auto()


class Needle(NamedTuple):
    """One form of one value in one encoding, its ASCII letters small.

    Attributes:
        rule: The part of the identity.
        encoding: How ``data`` is encoded.
        data: The bytes to search for in a payload whose ASCII letters are small.
        strength: What must stand around it.
    """

    rule: str
    encoding: str
    data: bytes
    strength: Strength


def needles_of(identity: Identity) -> list[Needle]:
    """Everything to search for, without repetition."""
    found: dict[tuple[str, bytes], Needle] = {}
    for rule, value, strength in _values_of(identity):
        for form in _written(rule, value, strength):
            for encoding in ENCODINGS:
                try:
                    data = form.encode(encoding).lower()
                except UnicodeEncodeError:
                    continue
                if data:
                    found.setdefault(
                        (rule, data), Needle(rule, encoding, data, strength)
                    )
    for rule, raw in _raw_values(identity):
        found.setdefault(
            (rule, raw.lower()), Needle(rule, "raw", raw.lower(), Strength.ANYWHERE)
        )
    return list(found.values())


def _written(rule: str, value: str, strength: Strength) -> Iterator[str]:
    """The forms of a value; with its equals sign where only an assignment counts.

    A value such as ``1`` stands everywhere, ``=1`` is rare enough to look closer.
    """
    assigned = strength is Strength.STRUCTURE and rule in {"argument", "environment"}
    for form in {value} if assigned else _forms(value):
        for before in ("=", '="') if assigned else ("",):
            yield before + form


def _forms(value: str) -> set[str]:
    cases = {value, value.lower(), value.upper(), value.title(), value.casefold()}
    return {
        unicodedata.normalize(form, case) for case in cases for form in ("NFC", "NFD")
    }


def _values_of(identity: Identity) -> Iterator[tuple[str, str, Strength]]:
    for user in (identity.user, *identity.of_kind("user")):
        yield from _word("user", user)
    for home in (identity.home, *identity.of_kind("home")):
        yield from _home(home)
    for name in (identity.full_name, *identity.of_kind("git_name")):
        yield from _name(name)
    for email in (identity.email, *identity.of_kind("git_email")):
        if "@" in email:
            yield "email", email, Strength.ANYWHERE
            yield from _word("email", email.partition("@")[0])
    for host in {identity.host, identity.fqdn}:
        yield from _word("host", host)
        yield from _word("host", host.partition(".")[0])
    yield from _machine(identity)
    for kind in ("argument", "environment"):
        for value in identity.of_kind(kind):
            yield from _value(kind, value)


def _word(rule: str, value: str) -> Iterator[tuple[str, str, Strength]]:
    value = value.strip()
    if not value:
        return
    if len(value) < 5 or is_ordinary_word(value.casefold()):
        yield rule, value, Strength.STRUCTURE
    else:
        yield rule, value, Strength.ANYWHERE if len(value) >= 8 else Strength.WORD


def _home(home: str) -> Iterator[tuple[str, str, Strength]]:
    home = home.rstrip("/\\")
    if len(home) < 2:
        return
    yield "home", home, Strength.ANYWHERE if len(home) >= 10 else Strength.WORD
    yield from _word("home", re.split(r"[/\\]", home)[-1])


def _name(name: str) -> Iterator[tuple[str, str, Strength]]:
    words = re.split(r"[\s,]+", name.strip(" ,"))
    if len(words) == 1:
        yield from _word("name", words[0])
        return
    for order in (words, words[::-1]):
        for joint in (" ", "_", ".", "-", "+", ", ", ""):
            joined = joint.join(order)
            strength = Strength.ANYWHERE if len(joined) >= 8 else Strength.WORD
            yield "name", joined, strength
    for word in words:
        if len(word) >= 5 and not is_ordinary_word(word.casefold()):
            yield from _word("name", word)


def _machine(identity: Identity) -> Iterator[tuple[str, str, Strength]]:
    for address in identity.of_kind("ip"):
        if address not in {"127.0.0.1", "::1", "0.0.0.0", "::"}:  # noqa: S104 - text
            yield "ip", address, Strength.WORD
    for value in identity.of_kind("machine_id"):
        plain = value.replace("-", "").strip()
        dashed = "-".join(
            (plain[:8], plain[8:12], plain[12:16], plain[16:20], plain[20:])
        )
        for form in (value.strip(), plain, dashed):
            if len(form.strip("-")) >= 8:
                yield "machine_id", form, Strength.ANYWHERE
    for value in identity.of_kind("mac"):
        pairs = _mac_pairs(value)
        if pairs:
            for joint in (":", "-", ""):
                yield "mac", joint.join(pairs), Strength.ANYWHERE


def _mac_pairs(value: str) -> list[str]:
    """Six pairs, unless the address is one that every machine has."""
    pairs = re.findall(r"[0-9a-f]{2}", value.lower())
    is_shared = set(pairs) <= {"00"} or set(pairs) <= {"ff"}
    return [] if len(pairs) != 6 or is_shared else pairs


def _raw_values(identity: Identity) -> Iterator[tuple[str, bytes]]:
    for value in identity.of_kind("mac"):
        if pairs := _mac_pairs(value):
            yield "mac", bytes.fromhex("".join(pairs))
    for value in identity.of_kind("machine_id"):
        plain = value.replace("-", "").strip()
        if re.fullmatch(r"[0-9a-fA-F]{32}", plain):
            yield "machine_id", bytes.fromhex(plain)


def _value(kind: str, value: str) -> Iterator[tuple[str, str, Strength]]:
    for part in dict.fromkeys((value.strip(), *value.strip().split(":"))):
        if not part:
            continue
        if is_ordinary_value(part):
            yield kind, part, Strength.STRUCTURE
        elif len(part) >= 8:
            yield kind, part, Strength.ANYWHERE
        else:
            yield kind, part, Strength.WORD if len(part) >= 5 else Strength.STRUCTURE
