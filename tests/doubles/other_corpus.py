"""A second corpus, built another way than the first and sharing nothing with it.

The first has one surface in one carrier. Here a case is a fact, one of thirty ways of
writing it, a line around that, and lines that must not change before and after it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.doubles import other_corpus_credentials as credentials
from tests.doubles import other_corpus_labels as labels
from tests.doubles import other_corpus_numbers as numbers
from tests.doubles import other_corpus_places as places
from tests.doubles.other_corpus_people import Somebody, somebody
from tests.doubles.other_corpus_wrappings import placed, useful_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.doubles.other_corpus_fact import Maker

MAKERS: tuple[Maker, ...] = (
    places.home_path,
    places.short_name,
    places.rooted_secret,
    places.mail,
    places.internet,
    places.hardware,
    numbers.issued_token,
    credentials.aws_pair,
    credentials.password,
    credentials.header,
    credentials.connection,
    credentials.key_material,
    numbers.random_text,
    numbers.payment,
    numbers.account_number,
    numbers.telephone,
    labels.windows_identity,
    places.remote,
    labels.control,
    labels.by_label,
    labels.known_word,
    places.home_path,
    credentials.password,
)


@dataclass(frozen=True, slots=True)
class Case:
    """One text, and what must and must not be in it afterwards."""

    number: int
    fact: str
    wrapping: str
    text: str
    secrets: tuple[str, ...]
    keep: tuple[str, ...]
    who: Somebody = field(repr=False)
    is_known: bool


def cases(seed: int, count: int) -> Iterator[Case]:
    """The first ``count`` cases of a seed."""
    for number in range(count):
        rng = random.Random(f"other {seed} {number}")
        who = somebody(rng)
        maker = MAKERS[number % len(MAKERS)]
        fact = maker(rng, who)
        wrapping, line, keep = placed(rng, fact.text, is_line=fact.is_line)
        before, keep_before = useful_line(rng)
        after, keep_after = useful_line(rng)
        yield Case(
            number=number,
            fact=maker.__name__,
            wrapping=wrapping,
            text=f"{before}\n{line}\n{after}",
            secrets=fact.secrets,
            keep=(*keep_before, *keep, *keep_after),
            who=who,
            is_known=fact.needs_knowledge or rng.random() < 0.4,
        )
