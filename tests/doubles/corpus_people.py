"""Made-up people of many countries, and what a planting is."""

from __future__ import annotations  # noqa: I001 - a pattern or table reads better whole

import string
from dataclasses import dataclass
from functools import lru_cache

from faker import Faker
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

LOCALES = (
    "en_US",
    "en_GB",
    "de_DE",
    "fr_FR",
    "es_ES",
    "it_IT",
    "pl_PL",
    "cs_CZ",
    "sv_SE",
    "da_DK",
    "fi_FI",
    "nl_NL",
    "pt_BR",
    "tr_TR",
    "ru_RU",
    "uk_UA",
    "el_GR",
    "ja_JP",
    "zh_CN",
    "ko_KR",
    "he_IL",
    "ar_EG",
    "hi_IN",
    "vi_VN",
    "hu_HU",
    "ro_RO",
    "hr_HR",
)
ODD_USERS = (
    "zoë",
    "O'Brien",
    "名字",
    "Bob Smith",
    "MÜLLER",
    "anne-marie",
    "j.doe",
    "josé",
    "x_æ_a12",
    "иван",
    "DOMAIN.alice",
    "jean luc",
    "łukasz",
    "Σωκράτης",
    "李小龍",
)
# Words that a carrier's own text holds must not be planted as names.
RESERVED = {
    "test",
    "main",
    "root",
    "user",
    "admin",
    "line",
    "file",
    "error",
    "render",
    "window",
    "value",
    "config",
    "host",
    "name",
    "page",
    "will",
    "bill",
    "mark",
}
HEX = "0123456789abcdef"
BASE62 = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Person:
    """One made-up person and machine."""

    user: str
    home: str
    full_name: str
    host: str
    fqdn: str
    email: str


@dataclass(frozen=True, slots=True)
class Planting:
    """A surface to write into a carrier, and the values that must not survive."""

    surface: str
    planted: tuple[str, ...]
    kind: str = "value"
    needs_identity: bool = False


@lru_cache(maxsize=64)
def faker_of(locale: str) -> Faker:
    return Faker(locale)


def make_person(rng: random.Random) -> Person:
    """A person of some country; one in six has an odd login."""
    fake = faker_of(rng.choice(LOCALES))
    fake.seed_instance(rng.getrandbits(64))
    user = rng.choice(ODD_USERS) if rng.random() < 1 / 6 else fake.user_name()
    while user.lower() in RESERVED or len(user) < (4 if user.isascii() else 2):
        user = fake.user_name()
    host = rng.choice(
        [
            f"{fake.last_name()}-laptop".replace(" ", "-"),
            f"DESKTOP-{''.join(rng.choices(string.ascii_uppercase + string.digits, k=7))}",  # noqa: E501 - a pattern or table reads better whole
            f"{rng.choice(['ws', 'lt', 'db', 'web'])}-{rng.randrange(10, 9999)}",
        ]
    )
    fqdn = f"{host}.{fake.domain_name()}"
    email = rng.choice(
        [fake.email(), fake.company_email(), f"{user.replace(' ', '.')}@{fqdn}"]
    )
    return Person(user, f"/home/{user}", fake.name(), host, fqdn, email)
