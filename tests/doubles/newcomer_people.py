"""Made-up people of many languages, with the logins and machines they might have."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from faker import Faker

if TYPE_CHECKING:
    import random

LOCALES = (
    *("en_US", "en_GB", "en_IN", "de_DE", "de_AT", "fr_FR", "es_ES", "es_MX", "pt_BR"),
    *("pt_PT", "it_IT", "pl_PL", "tr_TR", "cs_CZ", "sk_SK", "ru_RU", "uk_UA", "bg_BG"),
    *("el_GR", "he_IL", "ar_SA", "fa_IR", "hi_IN", "th_TH", "vi_VN", "zh_CN", "zh_TW"),
    *("ja_JP", "ko_KR", "nl_NL", "sv_SE", "no_NO", "da_DK", "fi_FI", "hu_HU", "ro_RO"),
    *("hr_HR", "sl_SI", "lt_LT", "lv_LV", "et_EE", "ka_GE", "hy_AM", "az_AZ", "ne_NP"),
    *("bn_BD", "ta_IN", "id_ID", "fil_PH", "ga_IE", "is_IS"),
)
COMMON = (
    *(
        "test",
        "main",
        "admin",
        "build",
        "dev",
        "guest",
        "pi",
        "deploy",
        "git",
        "ubuntu",
    ),
    *("work", "max", "mark", "will", "rose", "data", "web", "ops", "student", "demo"),
)
FIRSTS = ("minji", "yuki", "haruto", "olena", "noam", "fatima", "somchai", "giorgi")
LASTS = ("tanaka", "kovalenko", "nguyen", "haddad", "beridze", "qureshi")
HOSTS = ("zephyr", "kestrel", "borealis", "quokka", "marmot", "tamarind", "fenrir")


@dataclass(frozen=True)
class Person:
    """Somebody.

    Attributes:
        login: Their name on machines, as odd as such names are.
        is_plain: Whether it is a word, which says nothing by itself.
    """

    login: str
    is_plain: bool
    first: str
    last: str
    host: str
    mail: str

    @property
    def name(self) -> str:
        """First name, then last."""
        return f"{self.first} {self.last}"

    @property
    def identity(self) -> dict[str, str]:
        """As it is given to the scrubbers."""
        return {
            "user": self.login,
            "home": f"/srv/homes/{self.login}",
            "full_name": self.name,
            "host": self.host,
            "fqdn": f"{self.host}.hq.example",
            "email": self.mail,
        }


@cache
def fake(locale: str) -> Faker:
    """One generator for each locale: to make one takes its time."""
    return Faker(locale)


def _ascii(text: str, otherwise: str) -> str:
    letters = unicodedata.normalize("NFKD", text.replace("ł", "l").replace("ß", "ss"))
    plain = re.sub(r"[^a-z]", "", letters.lower())
    return plain if len(plain) > 2 else otherwise


def _word(text: str) -> str:
    """The first word of a name, without what a name has beside letters."""
    return re.sub(
        r"[^\w\u0300-\u036f\u0900-\u0dff\u0e00-\u0eff]", "", text.split(maxsplit=1)[0]
    )


def person(chance: random.Random) -> Person:
    """Anybody."""
    fakes = fake(chance.choice(LOCALES))
    fakes.seed_instance(chance.randrange(2**32))
    first, last = _word(fakes.first_name()), _word(fakes.last_name())
    one = _ascii(first, chance.choice(FIRSTS))
    two = _ascii(last, chance.choice(LASTS))
    number = chance.randrange(10, 2000)
    logins = [
        *(f"{one[0]}{two}{number}", f"{one}.{two}", f"{one}_{two}", f"{two}-{one[0]}"),
        *(f"x{chance.randrange(100000, 999999)}", f"{one}{number}", f"{one}{two}"),
        *(f"{one[0]}.{two}".upper(), f"{one}.{two}-ext", first + last),
    ]
    is_plain = chance.random() < 0.12
    login = chance.choice(COMMON) if is_plain else chance.choice(logins)
    hosts = [
        *(f"{chance.choice(HOSTS)}{chance.choice(['01', '-dev', '-x1', '7'])}",),
        *(f"{two}-nb{number}", f"ws{number}", f"DESKTOP-{number:04d}QKX"),
        f"build-agent-{chance.randrange(16**6):06x}",
    ]
    domains = ("example.com", "posteo.example", "localhost", "mail.co.uk", "corp.lan")
    mail = f"{one}.{two}@{chance.choice(domains)}"
    return Person(login, is_plain, first, last, chance.choice(hosts), mail)
