"""What may be planted: each family makes one surface and says which values it holds."""

from __future__ import annotations  # noqa: I001 - a pattern or table reads better whole

import base64
import string
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from faker import Faker
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable  # noqa: I001 - a pattern or table reads better whole
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
def _faker(locale: str) -> Faker:
    return Faker(locale)


def make_person(rng: random.Random) -> Person:
    """A person of some country; one in six has an odd login."""
    fake = _faker(rng.choice(LOCALES))
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


def _tail(rng: random.Random) -> str:
    return rng.choice(
        [
            "proj/app.py",
            "x.txt",
            "My Documents/Tax Return.pdf",
            ".ssh/id_rsa",
            "src/main.rs",
            "a/b/c/d.json",
            "Bilder/Été 2019/img.png",
            "",
        ]
    )


def _case(rng: random.Random, text: str) -> str:
    """The text, or another way of writing the same letters."""
    forms = [
        text,
        text,
        text,
        text.upper(),
        text.casefold(),
        unicodedata.normalize("NFD", text),
        unicodedata.normalize("NFC", text),
    ]
    return rng.choice(forms)


def posix_home(rng: random.Random, person: Person) -> Planting:
    root = rng.choice(
        [
            "/home/",
            "/Users/",
            "/var/home/",
            "/export/home/",
            "/usr/home/",
            "/mnt/c/Users/",
            "/c/Users/",
            "/data/home/",
            "/home/corp/../",
        ]
    )
    name = unicodedata.normalize(rng.choice(["NFC", "NFD"]), person.user)
    return Planting(f"{root}{name}/{_tail(rng)}".rstrip("/"), (person.user,), "path")


def windows_home(rng: random.Random, person: Person) -> Planting:
    root = rng.choice(
        [
            "C:\\Users\\",
            "D:\\Users\\",
            "c:\\users\\",
            "C:/Users/",
            "C:\\Documents and Settings\\",
            "\\\\?\\C:\\Users\\",
        ]
    )
    separator = "/" if "/" in root else "\\"
    tail = _tail(rng).replace("/", separator)
    return Planting(
        f"{root}{person.user}{separator}{tail}".rstrip(separator),
        (person.user,),
        "path",
    )


def unc(rng: random.Random, person: Person) -> Planting:
    root = rng.choice(
        [
            f"\\\\{person.host}\\home$\\",
            "\\\\wsl$\\Ubuntu\\home\\",
            "\\\\wsl.localhost\\Debian\\home\\",
            f"\\\\{person.host}\\Users\\",
        ]
    )
    planted = (person.user, person.host) if person.host in root else (person.user,)
    return Planting(
        f"{root}{person.user}\\" + _tail(rng).replace("/", "\\"), planted, "path"
    )


def other_places(rng: random.Random, person: Person) -> Planting:
    user = person.user.replace(" ", "_")
    surface = rng.choice(
        [
            f"/media/{user}/USB/x.txt",
            f"/run/media/{user}/DISK/a.py",
            f"/var/mail/{user}",
            f"/var/spool/mail/{user}",
            f"/tmp/pytest-of-{user}/pytest-0/x.py",
            f"/tmp/{user}-cache/sock",
            f"~{user}/.bashrc",
            f"/srv/{user}/www/app.py",
            f"/var/lib/AccountsService/users/{user}",
            f"/Volumes/{user}/b.txt",
            f"/data/projects/{user}/run.py",
        ]
    )
    return Planting(surface, (user,), "path")


def file_uri(rng: random.Random, person: Person) -> Planting:
    from urllib.parse import quote

    host = rng.choice(["", "", person.host])
    planted = (person.user, host) if host else (person.user,)
    return Planting(
        f"file://{quote(host)}/home/{quote(person.user)}/" + quote(_tail(rng)),
        planted,
        "uri",
    )


def email(rng: random.Random, person: Person) -> Planting:
    local = person.user.replace(" ", ".").replace("'", "")
    surface = rng.choice(
        [
            person.email,
            person.email.upper(),
            f"{local}@localhost",
            f"<{person.email}>",
            f"mailto:{person.email}",
            f"{local}@{person.host}",
        ]
    )
    return Planting(surface, (surface.strip("<>").removeprefix("mailto:"),))


def ipv4(rng: random.Random, person: Person) -> Planting:
    address = ".".join(str(rng.randrange(1, 255)) for _ in range(4))
    return Planting(
        rng.choice([address, f"{address}:8080", f"[{address}]", f"{address}/24"]),
        (address,),
    )


def ipv6(rng: random.Random, person: Person) -> Planting:
    import ipaddress

    address = ipaddress.IPv6Address(rng.getrandbits(128))
    text = rng.choice(
        [
            address.compressed,
            address.exploded,
            f"fe80::{rng.getrandbits(16):x}:{rng.randrange(1, 9)}",
        ]
    )
    return Planting(
        rng.choice([text, f"[{text}]:443", f"{text}%eth0", f"{text}/64"]), (text,)
    )


def mac(rng: random.Random, person: Person) -> Planting:
    pairs = [f"{rng.randrange(256):02x}" for _ in range(6)]
    text = rng.choice([":", "-"]).join(pairs)
    text = rng.choice([text, text.upper()])
    return Planting(text, (text,))


def url_with_credentials(rng: random.Random, person: Person) -> Planting:
    password = _password(rng, string.ascii_letters + string.digits + "!$*_-")
    user = person.user.replace(" ", "").replace("'", "")
    scheme = rng.choice(
        [
            "https",
            "ftp",
            "postgresql",
            "mysql+pymysql",
            "redis",
            "amqp",
            "mongodb+srv",
            "ssh",
        ]
    )
    surface = f"{scheme}://{user}:{password}@{person.fqdn}:5432/x"
    return Planting(surface, (password, person.fqdn, f"{user}:"), "uri")


def git_remote(rng: random.Random, person: Person) -> Planting:
    user = person.user.replace(" ", "").replace("'", "")
    surface = rng.choice(
        [
            f"git@github.com:{user}/secret-repo.git",
            f"https://github.com/{user}/secret-repo.git",
            f"ssh://git@{person.fqdn}:2222/{user}/secret-repo.git",
            f"{user}@{person.fqdn}:src/secret-repo.git",
        ]
    )
    return Planting(surface, (user, "secret-repo"), "uri")


def _password(rng: random.Random, alphabet: str = BASE62 + "!@#$%^*()_+") -> str:
    return "".join(rng.choices(alphabet, k=rng.randrange(8, 17)))


def _random(rng: random.Random, alphabet: str, size: int) -> str:
    return "".join(rng.choices(alphabet, k=size))


def token(rng: random.Random, person: Person) -> Planting:
    upper = string.ascii_uppercase + string.digits
    surface = rng.choice(
        [
            f"ghp_{_random(rng, BASE62, 36)}",
            f"github_pat_{_random(rng, BASE62, 40)}",
            f"AKIA{_random(rng, upper, 16)}",
            f"glpat-{_random(rng, BASE62, 20)}",
            f"xoxb-{_random(rng, string.digits, 12)}-{_random(rng, BASE62, 24)}",
            f"sk-{_random(rng, BASE62, 48)}",
            f"sk_live_{_random(rng, BASE62, 24)}",
            f"AIza{_random(rng, BASE62 + '_-', 35)}",
            f"pypi-AgEIcHlwaS5vcmc{_random(rng, BASE62, 40)}",
            f"npm_{_random(rng, BASE62, 36)}",
            f"hf_{_random(rng, BASE62, 34)}",
            f"SG.{_random(rng, BASE62, 22)}.{_random(rng, BASE62, 43)}",
            f"{rng.randrange(10**9) + 10**9}:AA{_random(rng, BASE62, 33)}",
            f"eyJhbGciOiJIUzI1NiJ9.eyJ{_random(rng, BASE62, 30)}.{_random(rng, BASE62, 43)}",  # noqa: E501 - a pattern or table reads better whole
        ]
    )
    return Planting(surface, (surface,))


def private_key(rng: random.Random, person: Person) -> Planting:
    kind = rng.choice(["RSA ", "OPENSSH ", "EC ", "", "ENCRYPTED "])
    body = base64.b64encode(rng.randbytes(240)).decode()
    rows = [body[at : at + 64] for at in range(0, len(body), 64)]
    surface = "\n".join(
        [
            f"-----BEGIN {kind}PRIVATE KEY-----",
            *rows,
            f"-----END {kind}PRIVATE KEY-----",
        ]
    )
    return Planting(surface, tuple(rows), "block")


def secret_flag(rng: random.Random, person: Person) -> Planting:
    password = _password(rng, BASE62 + "!@#%^*_+")
    flag = rng.choice(
        [
            "--password",
            "--token",
            "--api-key",
            "--secret",
            "-password",
            "--db-passwd",
            "--auth-token",
        ]
    )
    return Planting(f"{flag}{rng.choice([' ', '='])}{password}", (password,))


def secret_assignment(rng: random.Random, person: Person) -> Planting:
    password = _password(rng)
    name = rng.choice(
        [
            "PASSWORD",
            "DB_PASSWORD",
            "api_key",
            "AWS_SECRET_ACCESS_KEY",
            "clientSecret",
            "auth_token",
            "SESSION_ID",
            "passwd",
            "pwd",
            "X-Api-Key",
            "GITHUB_TOKEN",
        ]
    )
    return Planting(f"{name}{rng.choice(['=', ': ', ' = '])}{password}", (password,))


def header(rng: random.Random, person: Person) -> Planting:
    value = _random(rng, BASE62, 24)
    surface = rng.choice(
        [
            f"Authorization: Bearer {value}",
            f"Cookie: sid={value}; theme=dark",
            f"Authorization: Basic {base64.b64encode(value.encode()).decode()}",
        ]
    )
    return Planting(surface, (value,))


def random_string(rng: random.Random, person: Person) -> Planting:
    surface = rng.choice(
        [
            _random(rng, BASE62, rng.randrange(28, 60)),
            base64.b64encode(rng.randbytes(rng.randrange(24, 60))).decode(),
        ]
    )
    return Planting(surface, (surface.rstrip("="),))


def card(rng: random.Random, person: Person) -> Planting:
    fake = _faker("en_US")
    fake.seed_instance(rng.getrandbits(64))
    digits = fake.credit_card_number(
        rng.choice(["visa16", "mastercard", "amex", "discover"])
    )
    spaced = " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
    surface = rng.choice([digits, spaced, spaced.replace(" ", "-")])
    return Planting(surface, (surface,))


def iban(rng: random.Random, person: Person) -> Planting:
    fake = _faker(rng.choice(["de_DE", "fr_FR", "en_GB", "it_IT", "nl_NL", "pl_PL"]))
    fake.seed_instance(rng.getrandbits(64))
    number = fake.iban()
    spaced = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
    surface = rng.choice([number, spaced])
    return Planting(surface, (surface,))


def shell_prompt(rng: random.Random, person: Person) -> Planting:
    user = person.user.replace(" ", "").replace("'", "")
    surface = rng.choice(
        [
            f"{user}@{person.host}:~$ ls",
            f"[{user}@{person.host} src]$ make",
            f"ssh {user}@{person.fqdn}",
            f"scp x.txt {user}@{person.fqdn}:/tmp/",
        ]
    )
    return Planting(surface, (f"{user}@", person.host), "line")


def osc_title(rng: random.Random, person: Person) -> Planting:
    clip = base64.b64encode(person.full_name.encode()).decode()
    code, value = rng.choice(
        [
            ("0", person.full_name),
            ("2", f"vim notes of {person.user}"),
            ("7", f"file://{person.host}/home/{person.user}"),
            ("52;c", clip),
        ]
    )
    end = rng.choice(["\x07", "\x1b\\"])
    return Planting(f"\x1b]{code};{value}{end}", (value,), "control")


def environment(rng: random.Random, person: Person) -> Planting:
    name, value = rng.choice(
        [
            ("USER", person.user),
            ("LOGNAME", person.user),
            ("HOME", person.home),
            ("HOSTNAME", person.host),
            ("USERPROFILE", f"C:\\Users\\{person.user}"),
            ("COMPUTERNAME", person.host),
            ("USERNAME", person.user),
            ("PWD", f"{person.home}/src"),
            ("EMAIL", person.email),
            ("GIT_AUTHOR_NAME", person.full_name),
            ("SSH_CLIENT", f"10.{rng.randrange(255)}.3.4 5 22"),
            ("XAUTHORITY", f"{person.home}/.Xauthority"),
        ]
    )
    return Planting(
        f"{name}={value}",
        (value.split(" ")[0] if name == "SSH_CLIENT" else value,),
        "line",
    )


def known_user(rng: random.Random, person: Person) -> Planting:
    user = _case(rng, person.user)
    surface = rng.choice(
        [
            f"profile of {user} not loaded",
            f"{user} pts/0",
            f"session-{user}.lock",
            f"({user})",
            f"[{user}]",
        ]
    )
    return Planting(surface, (person.user,), needs_identity=True)


def known_name(rng: random.Random, person: Person) -> Planting:
    name = _case(rng, person.full_name)
    surface = rng.choice(
        [name, f"letter to {name}", name.replace(" ", "_"), f"welcome back, {name}!"]
    )
    return Planting(
        surface,
        (person.full_name, surface if "_" in surface else person.full_name),
        needs_identity=True,
    )


def known_host(rng: random.Random, person: Person) -> Planting:
    value = rng.choice([person.host, person.fqdn])
    return Planting(
        rng.choice([f"cannot reach {_case(rng, value)}", f"{value}: timed out"]),
        (value,),
        needs_identity=True,
    )


def known_email(rng: random.Random, person: Person) -> Planting:
    return Planting(_case(rng, person.email), (person.email,), needs_identity=True)


FAMILIES: tuple[Callable[[random.Random, Person], Planting], ...] = (
    posix_home,
    windows_home,
    unc,
    other_places,
    file_uri,
    email,
    ipv4,
    ipv6,
    mac,
    url_with_credentials,
    git_remote,
    token,
    private_key,
    secret_flag,
    secret_assignment,
    header,
    random_string,
    card,
    iban,
    shell_prompt,
    osc_title,
    environment,
    known_user,
    known_name,
    known_host,
    known_email,
)
