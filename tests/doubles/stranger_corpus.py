"""The third corpus: written from the list of what must go, without a look at the rules.

Families of personal values times what they stand in, most of both as text to read:
``stranger_values``, ``stranger_tokens`` and ``stranger_carriers``.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from random import Random
from urllib.parse import quote

from tests.doubles import stranger_values
from tests.doubles.stranger_carriers import (
    BY_NAME,
    LABELLERS_BY_NAME,
    WITH_LINES,
    carry,
)
from tests.doubles.stranger_people import COMMON, disguised, person, unusual
from tests.doubles.stranger_tokens import (
    ALPHABETS,
    FORMED,
    LABELLED,
    fill,
    private_key,
    some,
)

PRIVATE = ("user", "host", "folder", "name", "s")
# Values that end where their line does: what follows there may go with them.
OPEN = ("header", "title")
# Torn apart, a control sequence is none, and a backslash is another's.
TORN = ("coloured", "continued")
# Carriers that spread a value over lines.
BROKEN = ("continued", "wrapped", "quoted-printable", "rows of hex")
BANKS = {"DE": (22, 18), "FR": (27, 23), "GB": (22, 14), "NL": (18, 10), "PL": (28, 24)}
CARDS = (("4", 16), ("51", 16), ("2221", 16), ("34", 15), ("6011", 16), ("36", 14))


@dataclass(frozen=True)
class Planted:
    """A value, what of it must not be read, and whether any eight letters of it may."""

    family: str
    text: str
    private: tuple[str, ...]
    in_pieces: bool = False
    label: str = ""


@dataclass(frozen=True)
class Case:
    number: int
    planted: Planted
    carrier: str
    text: str
    innocent: str
    identity: dict[str, str] | None
    useful: tuple[str, ...]


def filled(rng, who, family, templates):
    """One of some templates, filled in."""
    template = rng.choice(templates)
    tail = rng.choice(stranger_values.TAILS).format(folder=who.folder)
    values = {
        "user": who.user,
        "host": who.host,
        "fqdn": who.fqdn,
        "folder": who.folder,
        "name": unusual(rng),
        "s": some(rng, ALPHABETS["a"], 14) + rng.choice("0123456789"),
        "quser": quote(who.user),
        "tail": tail,
        "wintail": tail.replace("/", "\\"),
    }
    text = template.format(**values)
    wanted = [values[each] for each in PRIVATE if values[each] in text]
    private = tuple(each for each in wanted if each not in COMMON)
    return Planted(family, text, private or (text,))


def _login(rng, who):
    text = disguised(rng, who.user)
    around = rng.choice(["%s", "%s's", "(%s)"])
    return Planted("login", around % text, (who.user,))


def _name(rng, who):
    words = who.full_name.split()
    text = rng.choice(
        [
            who.full_name,
            disguised(rng, who.full_name),
            "_".join(words),
            f"{words[-1]}, {words[0]}",
            who.full_name.upper(),
        ]
    )
    long = tuple(word for word in words if len(word) > 3)
    return Planted("name", text, long or (who.full_name,))


def _token(rng, who):
    text = fill(rng, rng.choice(FORMED))
    secret = max(re.split("[/:]", text), key=len) if "://" in text else text
    return Planted("token", text, (secret[len(secret) // 4 :],), in_pieces=True)


def _labelled(rng, who):
    name, mask = rng.choice(LABELLED).split()
    text = fill(rng, mask)
    return Planted("label", text, (text,), len(text) > 16, name)


def _key(rng, who):
    text, secret = private_key(rng)
    return Planted("key", text, (secret,), in_pieces=True)


def _random(rng, who):
    text = rng.choice(
        [some(rng, ALPHABETS["a"], 40), base64.b64encode(rng.randbytes(32)).decode()]
    )
    return Planted("random", text, (text,), in_pieces=True)


def _network(rng, who):
    four = f"203.0.113.{rng.randint(2, 254)}"
    six = (
        f"2001:db8:{rng.randrange(0x1000, 0xFFFF):x}::{rng.randrange(0x1000, 0xFFFF):x}"
    )
    pairs = ["3c", *(f"{rng.randrange(256):02x}" for _ in range(5))]
    mac = rng.choice(":-").join(pairs)
    written = [
        *((four, four), (f"{four}:8080", four), (f"tcp://{four}:5432", four)),
        *((six, six), (f"[{six}]:443", six), (f"::ffff:{four}", four)),
        *((mac, mac), (mac.upper(), mac), (f"link/ether {mac}", mac)),
        (f"ip-{four.replace('.', '-')}", four.replace(".", "-")),
    ]
    text, value = rng.choice(written)
    return Planted("address", text, (value,))


def _luhn(digits):
    doubled = [
        sum(divmod(int(digit) * (1 if at % 2 else 2), 10))
        for at, digit in enumerate(reversed(digits))
    ]
    return digits + str(-sum(doubled) % 10)


def _iban(rng):
    country = rng.choice(list(BANKS))
    size, digits = BANKS[country]
    letters = (
        "" if size - digits == 4 else some(rng, ALPHABETS["U"][:26], size - digits - 4)
    )
    account = letters + some(rng, ALPHABETS["d"], digits)
    moved = "".join(str(int(each, 36)) for each in f"{account}{country}00")
    return f"{country}{98 - int(moved) % 97:02}{account}"


def _number(rng, who):
    prefix, size = rng.choice(CARDS)
    card = _luhn(prefix + some(rng, ALPHABETS["d"], size - 1 - len(prefix)))
    four = rng.choice(["", " ", "-"])
    digits = some(rng, ALPHABETS["d"], 7)
    text = rng.choice(
        [
            four.join(card[at : at + 4] for at in range(0, size, 4)),
            _iban(rng),
            f"+49 170 {digits}",
            f"+1 (212) 555-{digits[:4]}",
            f"0049 170 {digits}",
            f"tel:+44 20 7946 {digits[:4]}",
        ]
    )
    return Planted("number", text, (text[-7:],))


FREE = (
    *[lambda rng, who: filled(rng, who, "path", stranger_values.PATHS)] * 4,
    *[lambda rng, who: filled(rng, who, "network", stranger_values.NETWORK)] * 4,
    *[lambda rng, who: filled(rng, who, "command", stranger_values.COMMANDS)] * 2,
    *[lambda rng, who: filled(rng, who, "screen", stranger_values.SCREENS)] * 2,
    lambda rng, who: filled(rng, who, "header", stranger_values.HEADERS),
    lambda rng, who: filled(rng, who, "title", stranger_values.TITLES),
    *[_token] * 4,
    *[_labelled] * 4,
    *[_network] * 2,
    *(_key, _random, _number, _number),
)
KNOWN = (
    *[_login] * 3,
    *[_name] * 3,
    *[lambda rng, who: filled(rng, who, "known", stranger_values.KNOWN)] * 2,
)


def _carrier_of(rng, planted):
    if planted.label:
        return rng.choice(list(LABELLERS_BY_NAME))
    if "\n" in planted.text:
        return rng.choice(WITH_LINES)
    name = rng.choice(list(BY_NAME))
    is_whole = planted.family in {"title", "screen"} or "\\" in planted.text
    return "prose" if name in TORN and is_whole else name


def _still_useful(planted, carrier, useful):
    """Without what follows an open value on its line."""
    if planted.family not in OPEN:
        return useful
    after = {line.rpartition("⟧")[2] for line in carrier.split("\n") if "⟧" in line}
    return tuple(each for each in useful if not any(f"«{each}»" in a for a in after))


def case(seed, number):
    rng = Random(f"{seed}/{number}")
    who = person(rng)
    is_known = rng.random() < 0.6
    families = FREE + KNOWN if is_known and who.user not in COMMON else FREE
    planted = rng.choice(families)(rng, who)
    name = _carrier_of(rng, planted)
    carrier = (LABELLERS_BY_NAME if planted.label else BY_NAME)[name]
    text, useful = carry(carrier, planted.text, Random(number), planted.label)
    return Case(
        number,
        planted,
        name,
        text,
        carry(carrier, "none", Random(number), planted.label)[0],
        who.identity() if is_known else None,
        _still_useful(planted, carrier, useful),
    )


def cases(seed, count):
    """The first of endlessly many cases; the same seed gives the same cases."""
    return (case(seed, number) for number in range(count))
