"""Families of secrets and numbers, as their issuers would write them."""

from __future__ import annotations

import base64
import string
from typing import TYPE_CHECKING

from tests.doubles.corpus_people import (
    BASE62,
    Person,
    Planting,
    faker_of,
)

if TYPE_CHECKING:
    import random


def password_of(rng: random.Random, alphabet: str = BASE62 + "!@#$%^*()_+") -> str:
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
    password = password_of(rng, BASE62 + "!@#%^*_+")
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
    password = password_of(rng)
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
    fake = faker_of("en_US")
    fake.seed_instance(rng.getrandbits(64))
    digits = fake.credit_card_number(
        rng.choice(["visa16", "mastercard", "amex", "discover"])
    )
    spaced = " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
    surface = rng.choice([digits, spaced, spaced.replace(" ", "-")])
    return Planting(surface, (surface,))


def iban(rng: random.Random, person: Person) -> Planting:
    fake = faker_of(rng.choice(["de_DE", "fr_FR", "en_GB", "it_IT", "nl_NL", "pl_PL"]))
    fake.seed_instance(rng.getrandbits(64))
    number = fake.iban()
    spaced = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
    surface = rng.choice([number, spaced])
    return Planting(surface, (surface,))
