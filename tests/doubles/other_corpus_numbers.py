"""Tokens and numbers of the second corpus: made by issuers, banks and chance."""

from __future__ import annotations

import base64
import string
from typing import TYPE_CHECKING

from tests.doubles.other_corpus_fact import LETTERS, Fact, draw

if TYPE_CHECKING:
    import random

    from tests.doubles.other_corpus_people import Somebody


def issued_token(rng: random.Random, who: Somebody) -> Fact:
    upper = string.ascii_uppercase + string.digits
    lower_hex = "0123456789abcdef"
    make = [
        ("AKIA", upper, 16),
        ("ASIA", upper, 16),
        ("ghp_", LETTERS, 36),
        ("gho_", LETTERS, 36),
        ("ghs_", LETTERS, 36),
        ("github_pat_11", LETTERS + "_", 70),
        ("glpat-", LETTERS + "-_", 20),
        ("gldt-", LETTERS, 20),
        ("xoxb-1234567890-", LETTERS, 24),
        ("xoxp-", LETTERS, 40),
        ("xapp-1-", LETTERS, 40),
        ("sk_live_", LETTERS, 24),
        ("rk_live_", LETTERS, 24),
        ("pk_test_", LETTERS, 24),
        ("whsec_", LETTERS, 32),
        ("sk-proj-", LETTERS + "_-", 60),
        ("sk-ant-api03-", LETTERS + "_-", 80),
        ("AIza", LETTERS + "_-", 35),
        ("ya29.", LETTERS + "_-", 60),
        ("GOCSPX-", LETTERS + "_-", 28),
        ("npm_", LETTERS, 36),
        ("pypi-AgEIcHlwaS5vcmcC", LETTERS + "_-", 80),
        ("dop_v1_", lower_hex, 64),
        ("hf_", LETTERS, 34),
        ("dckr_pat_", LETTERS + "-_", 27),
        ("SG.", LETTERS, 22),
        ("EAACEdEose0cBA", LETTERS, 40),
        ("shpat_", lower_hex, 32),
        ("key-", lower_hex, 32),
        ("AGE-SECRET-KEY-1", upper, 58),
        ("tskey-auth-", LETTERS, 20),
        ("lin_api_", LETTERS, 40),
        ("figd_", LETTERS + "-_", 40),
        ("sntrys_", LETTERS, 40),
        ("glc_", LETTERS, 60),
        ("hvs.", LETTERS, 24),
        ("ATATT3xFfGF0", LETTERS, 60),
        ("NRAK-", upper, 27),
        ("xkeysib-", lower_hex, 64),
        ("sl.B", LETTERS + "-_", 60),
        ("rubygems_", lower_hex, 48),
        ("SK", lower_hex, 32),
        ("AC", lower_hex, 32),
        ("PMAK-", lower_hex, 24),
        ("vault:v1:", LETTERS, 40),
        ("CFPAT-", LETTERS + "-_", 43),
        ("ghu_", LETTERS, 36),
        ("sgp_", lower_hex, 40),
        ("dp.pt.", LETTERS, 43),
        ("ops_eyJ", LETTERS, 60),
        ("AQ.Ab8RN6", LETTERS + "-_", 40),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJx", LETTERS, 30),
    ]
    prefix, alphabet, size = rng.choice(make)
    token = prefix + draw(rng, alphabet, size, size)
    if prefix == "SG.":
        token += "." + draw(rng, LETTERS, 43, 43)
    if prefix.startswith("eyJh"):
        token += "." + draw(rng, LETTERS + "-_", 43, 43)
    if token[-1] in "-_":
        token = token[:-1] + "x"
    text = rng.choice(
        [
            "{}",
            "token {} refused",
            "({})",
            "got '{}'",
            "x={}",
            "X-Key: {}",
            "https://h.example/?k={}",
        ]
    )
    return Fact(
        text.format(token), (token[len(prefix) :] if len(token) > 40 else token,)
    )


def random_text(rng: random.Random, who: Somebody) -> Fact:
    raw = rng.randbytes(rng.randrange(20, 48))
    text = rng.choice(
        [
            base64.b64encode(raw).decode(),
            base64.urlsafe_b64encode(raw).decode().rstrip("="),
            base64.b32encode(raw).decode(),
            draw(rng, LETTERS, 24, 64),
            draw(rng, string.ascii_lowercase + string.digits, 26, 52),
            draw(rng, string.ascii_uppercase + string.digits, 26, 52),
        ]
    )
    text = text.strip("=-_")
    return Fact(text, (text,))


def _luhn(digits: str) -> str:
    total = 0
    for at, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if at % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    return str(-total % 10)


def payment(rng: random.Random, who: Somebody) -> Fact:
    start, size = rng.choice(
        [
            ("4", 16),
            ("51", 16),
            ("2221", 16),
            ("34", 15),
            ("6011", 16),
            ("3528", 16),
            ("36", 14),
            ("4", 13),
        ]
    )
    body = start + draw(
        rng, string.digits, size - len(start) - 1, size - len(start) - 1
    )
    digits = body + _luhn(body)
    groups = (4, 6, 5) if size == 15 else (4, 6, 4) if size == 14 else (4, 4, 4, 4)
    parts, at = [], 0
    for group in groups:
        parts.append(digits[at : at + group])
        at += group
    text = rng.choice(
        [
            digits,
            " ".join(parts),
            "-".join(parts),
            ".".join(parts),
            "\u00a0".join(parts),
        ]
    )
    return Fact(
        rng.choice(["{}", "card {} refused", "PAN={}", "no.{}"]).format(text), (text,)
    )


_IBANS = (
    ("DE", 18),
    ("FR", 23),
    ("GB", 18),
    ("NL", 14),
    ("ES", 20),
    ("NO", 11),
    ("PL", 24),
    ("IT", 23),
    ("CH", 17),
)


def account_number(rng: random.Random, who: Somebody) -> Fact:
    country, size = rng.choice(_IBANS)
    body = draw(rng, string.digits, size, size)
    if country in {"GB", "NL"}:
        body = "ABNA" + body[4:]
    moved = "".join(str(int(letter, 36)) for letter in body + country + "00")
    iban = f"{country}{98 - int(moved) % 97:02d}{body}"
    groups = [iban[at : at + 4] for at in range(0, len(iban), 4)]
    text = rng.choice(
        [iban, " ".join(groups), iban.lower(), "-".join(groups), "\u00a0".join(groups)]
    )
    return Fact(
        rng.choice(["{}", "IBAN: {}", "to {} today", "IBAN{}"]).format(text), (text,)
    )


def telephone(rng: random.Random, who: Somebody) -> Fact:
    text = rng.choice(
        [
            f"+49 170 {rng.randrange(10**6, 10**7)}",
            f"+1 (415) 555-{rng.randrange(1000, 9999)}",
            f"+1-415-555-{rng.randrange(1000, 9999)}",
            f"(415) 555-{rng.randrange(1000, 9999)}",
            f"tel:+4412{rng.randrange(10**8, 10**9)}",
            f"+33 6 {rng.randrange(10, 99)} {rng.randrange(10, 99)} {rng.randrange(10, 99)} {rng.randrange(10, 99)}",  # noqa: E501 - one row
            f"+8190{rng.randrange(10**8, 10**9)}",
            f"phone: 0170 {rng.randrange(10**6, 10**7)}",
        ]
    )
    return Fact(text, (text.partition(":")[2].strip() or text,))
