"""People of the second corpus: names by script and habit, machines, what they own.

Shares no code with ``tests.doubles.corpus``: names are written out here, and logins are
derived from them as administrators do it.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

# Given and family name, and the login an administrator would make of them.
_NAMES = (
    ("Zoë", "Quistgaard", "zoë"),
    ("Þórdís", "Hákonardóttir", "thordis"),
    ("Łucja", "Wężyk", "łucja"),
    ("Nguyễn", "Thị Hương", "huongnt"),
    ("Björk", "Ångström", "bjork.angstrom"),
    ("Séamus", "O'Shaughnessy", "O'Shaughnessy"),
    ("Χαράλαμπος", "Παπαδόπουλος", "χαράλαμπος"),
    ("Ярослава", "Щербакова", "ярослава"),
    ("Олександр", "Ґонта", "ogonta"),
    ("שלומית", "בן־דוד", "shlomitbd"),
    ("فاطمة", "الزهراوي", "fatima_z"),
    ("प्रियंका", "चौधरी", "प्रियंका"),
    ("กนกวรรณ", "ศรีสุข", "kanokwan"),
    ("山本", "健太郎", "yamamoto.k"),
    ("王", "小明", "王小明"),
    ("김", "민서", "kim-minseo"),
    ("José María", "Núñez de Arce", "jmnunez"),
    ("Jean-François", "L'Écuyer", "jf.lecuyer"),
    ("Gülşen", "Öztürk", "GULSEN"),
    ("Straße", "Weißmüller", "weißmüller"),
    ("Agnieszka", "Brzęczyszczykiewicz", "abrzecz"),
    ("Chukwuemeka", "Okonkwo", "chukwuemeka"),
    ("Tāwhiri", "Ngārangi", "tawhiri1987"),
    ("Dmitrij", "van der Vaart", "Dmitrij Vaart"),
    ("Marguerite", "St. Clair", "m.st-clair"),
    ("Wilhelmina", "Krüger-Hoß", "KRUEGERW"),
    ("Ozgur", "Ymirsson", "ymirsson_o"),
    ("Quillan", "Zabriskie", "CORP+qzabriskie"),
)
_TOWNS = ("reykjavik", "gdansk", "osaka", "lagos", "cusco", "tromso", "hanoi", "izmir")
_DOMAINS = (
    "quistgaard-werke.de",
    "hq.zabriskie.example",
    "okonkwo.ng",
    "intern.krueger.local",
    "yamamoto.co.jp",
    "brzecz.com.pl",
    "lan.vaart.nl",
    "papadopoulos.gr",
    "tawhiri.net.nz",
    "node7.ozturk.internal",
)


@dataclass(frozen=True, slots=True)
class Somebody:
    """One person at one machine."""

    given: str
    family: str
    login: str
    host: str
    domain: str
    email: str

    @property
    def full(self) -> str:
        return f"{self.given} {self.family}"

    @property
    def fqdn(self) -> str:
        return f"{self.host}.{self.domain}"

    def known(self) -> dict[str, str]:
        """What the machine would know of them."""
        return {
            "user": self.login,
            "home": f"/home/{self.login}",
            "full_name": self.full,
            "host": self.host,
            "fqdn": self.fqdn,
            "email": self.email,
        }


def somebody(rng: random.Random) -> Somebody:
    """Draw one."""
    given, family, login = rng.choice(_NAMES)
    host = rng.choice(
        [
            f"{rng.choice(_TOWNS)}{rng.randrange(2, 99)}",
            f"{_ascii(family)[:9].lower()}-pc{rng.randrange(9)}",
            f"{rng.choice(_TOWNS)}-bastion-{rng.randrange(10, 99)}",
            f"MBP-von-{_ascii(given)}",
        ]
    )
    domain = rng.choice(_DOMAINS)
    mailbox = rng.choice(
        [
            _ascii(login).lower(),
            f"{_ascii(given)}.{_ascii(family)}".lower(),
            f"{_ascii(family)}+crash{rng.randrange(99)}".lower(),
        ]
    )
    return Somebody(given, family, login, host, domain, f"{mailbox}@{domain}")


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFD", text).encode("ascii", "ignore").decode()
    kept = "".join(letter for letter in plain if letter.isalnum() or letter in "-_")
    return kept if len(kept) >= 4 else "xiaoming"
