"""Made-up people and machines of the third corpus, and disguises of a word."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

from faker import Faker

LOCALES = """
en_US en_GB de_DE fr_FR es_ES it_IT pt_BR pl_PL cs_CZ tr_TR vi_VN sv_SE fi_FI hu_HU
ro_RO el_GR ru_RU uk_UA bg_BG he_IL ar_SA fa_IR hi_IN th_TH zh_CN ja_JP ko_KR ka_GE
hy_AM az_AZ ga_IE lt_LT ta_IN bn_BD
""".strip().split()
# Logins that are words of programs, too.
COMMON = """
test pi main root admin python lib bin mark will www git data dev guest
""".strip().split()
DOMAINS = """
corp.%s.com %s.lan %s.internal %s.de ad.%s.org %s.local %s.home.arpa
""".strip().split()
LOOKALIKES = str.maketrans("aeocpxy", "\u0430\u0435\u043e\u0441\u0440\u0445\u0443")


@dataclass(frozen=True)
class Person:
    """Somebody; the folder's name is told to nobody."""

    user: str
    home: str
    full_name: str
    host: str
    fqdn: str
    email: str
    folder: str

    def identity(self):
        named = ("user", "home", "full_name", "host", "fqdn", "email")
        return {name: getattr(self, name) for name in named}


@cache
def _faker(locale):
    return Faker(locale)


def unusual(rng):
    """A word that no innocent text holds."""
    pairs = [rng.choice("bcdfgklmnprstvz") + rng.choice("aeiou") for _ in range(4)]
    word = "".join(pairs)[: rng.randint(5, 8)]
    return word + rng.choice(["q", "xq", "zq"])


def _login(rng):
    word = unusual(rng)
    odd = [word.title(), word.upper(), f"{word}{rng.randint(1, 99)}", f"svc-{word}"]
    odd += [
        f"{word}.{unusual(rng)}",
        f"{word}_{unusual(rng)}",
        f"{word} {unusual(rng)}",
    ]
    odd += [f"zo\u00eb{word}", f"\u0142{word}", f"o'{word}", f"\u540d\u5b57{word}"]
    return rng.choice([word, word, *odd])


def person(rng):
    faker = _faker(rng.choice(LOCALES))
    faker.seed_instance(rng.getrandbits(32))
    first, last = faker.first_name(), faker.last_name()
    user = rng.choice(COMMON) if rng.random() < 0.25 else _login(rng)
    host = rng.choice(["%s", "%s-laptop", "%s7", "%ss-MacBook-Pro"]) % unusual(rng)
    domain = rng.choice(DOMAINS) % unusual(rng)
    home = rng.choice(["/home/", "/home/", "/Users/", "/var/home/", "/home/CORP/"])
    return Person(
        user,
        home + user,
        rng.choice([f"{first} {last}", f"{first} {unusual(rng).title()} {last}"]),
        host,
        f"{host}.{domain}",
        f"{rng.choice([unusual(rng), unusual(rng) + '.x'])}@{domain}",
        unusual(rng),
    )


def _wide(word):
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in word)


def disguised(rng, word):
    """The word in other letters that read the same."""
    hidden = rng.choice("\u200b\u200d\u2060\ufeff\u00ad\u200e")
    return rng.choice(
        [
            word,
            word.upper(),
            word.swapcase(),
            word.translate(LOOKALIKES),
            unicodedata.normalize("NFD", word),
            _wide(word),
            word[:2] + hidden + word[2:],
        ]
    )
