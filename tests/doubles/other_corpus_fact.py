"""What a fact of the second corpus is, and the tools to make one up."""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

    from tests.doubles.other_corpus_people import Somebody

LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Fact:
    """Text to plant, its secrets, and whether only who knows the person sees them."""

    text: str
    secrets: tuple[str, ...]
    needs_knowledge: bool = False
    is_line: bool = False


Maker = Callable[["random.Random", "Somebody"], Fact]


def draw(rng: random.Random, alphabet: str, low: int, high: int) -> str:
    return "".join(rng.choices(alphabet, k=rng.randint(low, high)))


def ascii_login(who: Somebody) -> str:
    return who.login if who.login.isascii() and " " not in who.login else "qxlogin"
