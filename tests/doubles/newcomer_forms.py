"""Lines and values that name somebody, filled in from tables beside this file.

A row has a name, the parts of it that must not be read afterwards, and the text. What
is in braces is filled in: ``{user}``, ``{ip:0}``, ``{A40:0}`` for forty letters and
digits.
Rows called ``known:`` are told only where the person is; all others have a form.
"""

from __future__ import annotations

import base64
import ipaddress
import re
import string
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.doubles.newcomer_people import fake

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from tests.doubles.newcomer_people import Person

_ALPHABETS = {
    "A": string.ascii_letters + string.digits,
    "B": string.ascii_letters + string.digits + "+/",
    "S": string.ascii_letters + string.digits + "./",
    "U": string.ascii_letters + string.digits + "-_",
    "H": "0123456789abcdef",
    "N": "123456789abcdef",
    "X": "0123456789ABCDEF",
    "P": string.ascii_uppercase + string.digits,
    "C": string.ascii_uppercase,
    "T": string.ascii_uppercase + "234567",
    "L": string.ascii_lowercase + string.digits,
    "E": string.ascii_letters,
    "D": string.digits,
}
_WORDS = ("tralala", "geheim", "Blume", "motdepasse", "sesamo", "kotek", "salasana")
_IBANS = ("de_DE", "fr_FR", "en_GB", "nl_NL", "es_ES", "it_IT", "pl_PL", "fi_FI")
_HOLE = re.compile(r"\{([A-Za-z]+)(\d*)(?::(\d+))?\}")
_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\r": "\r", "\\0": "\0", "\\\\": "\\"}
_ESCAPE = re.compile(r"\\x[0-9a-f]{2}|\\[ntr0\\]")


class Planted(NamedTuple):
    """A text that names somebody, and the parts of it that do."""

    family: str
    text: str
    secrets: tuple[str, ...]


class _Row(NamedTuple):
    name: str
    secrets: tuple[str, ...]
    text: str


def unescaped(text: str) -> str:
    """A cell of a table as it was before it was written there."""
    return _ESCAPE.sub(
        lambda match: _ESCAPES.get(match[0]) or chr(int(f"0{match[0][1:]}", 0)), text
    )


@cache
def rows(file: str) -> tuple[_Row, ...]:
    """The rows of one of the tables."""
    text = Path(__file__).with_name(file).read_text("utf-8")
    cells = [line.split("\t") for line in text.splitlines()]
    return tuple(
        _Row(name, tuple(map(unescaped, secrets.split(" ; "))), unescaped(text))
        for name, secrets, text in cells
    )


def planted(chance: random.Random, who: Person, row: _Row) -> Planted:
    """The row filled in."""
    made: dict[str, str] = {}

    def fill(match: re.Match[str]) -> str:
        if match[0] not in made:
            made[match[0]] = _value(chance, who, match[1], int(match[2] or 0))
        return made[match[0]]

    text = _HOLE.sub(fill, row.text)
    return Planted(row.name, text, tuple(_HOLE.sub(fill, s) for s in row.secrets))


def _value(chance: random.Random, who: Person, kind: str, size: int) -> str:
    if kind in _ALPHABETS:
        return _mixed(chance, _ALPHABETS[kind], size)
    own = {
        "user": who.login,
        "login": who.login,
        "USER": who.login.upper(),
        "host": who.host,
        "HOST": who.host.upper(),
        "name": who.name,
        "first": who.first,
        "last": who.last,
        "mail": who.mail,
        "MAIL": who.mail.upper(),
        "box": who.mail.split("@")[0],
        "BOX": who.mail.split("@")[0].upper(),
    }
    return own[kind] if kind in own else dict(_made_up(chance))[kind]


def _mixed(chance: random.Random, letters: str, size: int) -> str:
    """Random letters; of several kinds where there are several, as a key has them."""
    while True:
        text = "".join(chance.choices(letters, k=size))
        kinds = [any(c in kind for c in letters) for kind in (string.digits, "Az")]
        enough = size < 16 or not all(kinds) or any(map(str.isdigit, text))
        if enough:
            return text


def _made_up(chance: random.Random) -> Iterator[tuple[str, str]]:
    password = f"{chance.choice(_WORDS)}{chance.randrange(10, 9999)}"
    if chance.random() < 0.6:
        password = _mixed(chance, _ALPHABETS["A"], chance.randrange(10, 20)) + "7"
    yield "password", password
    octets = [chance.choice([10, 172, 192, 81, 185]), chance.randrange(16, 32)]
    yield "ip", ".".join(map(str, [*octets, chance.randrange(256), 77]))
    yield "mac", ":".join(f"{chance.randrange(256):02x}" for _ in range(6))
    yield "basic", base64.b64encode(f"app:{password}".encode()).decode()
    yield "uid", str(chance.randrange(1001, 60000))
    yield "sid", str(chance.randrange(10**9, 4 * 10**9))
    yield "jwt", "eyJhbGciOiJIUzI1NiJ9." + _mixed(chance, _ALPHABETS["U"], 60)
    card = _card("4" + _mixed(chance, string.digits, 14))
    yield "card", card
    yield "cards", " ".join(card[at : at + 4] for at in range(0, 16, 4))
    banks = fake(chance.choice(_IBANS))
    banks.seed_instance(chance.randrange(2**31))
    iban = banks.iban()
    yield "iban", iban
    yield "ibans", " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))
    six = ipaddress.IPv6Address((0x2A02 << 112) | chance.getrandbits(80))
    yield "six", chance.choice([six.compressed, six.exploded])


def _card(digits: str) -> str:
    doubled = [int(d) * (2 - at % 2) for at, d in enumerate(reversed(digits))]
    total = sum(each - 9 if each > 9 else each for each in doubled)
    return digits + str(-total % 10)
