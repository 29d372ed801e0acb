"""Made-up people and their data, planted in crash reports, seeded and endless.

A case is a text with values planted in it, the identity that may be known, and the
useful tokens of its innocent lines, all chosen before anything is scrubbed. Shares no
code with the scrubbers.
"""

from __future__ import annotations  # noqa: I001 - a pattern or table reads better whole

import random
from dataclasses import dataclass, field

from tests.doubles.corpus_carriers import CARRIERS, innocent_lines
from tests.doubles.corpus_families import FAMILIES
from tests.doubles.corpus_people import Person, make_person
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Case:
    """One text to scrub and what must be gone or kept afterwards."""

    number: int
    family: str
    carrier: str
    text: str
    planted: tuple[str, ...]
    useful: tuple[str, ...]
    person: Person = field(repr=False)
    needs_identity: bool

    def identity(self) -> dict[str, str] | None:
        """The identity to scrub with: odd cases know it, even ones if they need it."""
        if not self.needs_identity and self.number % 2 == 0:
            return None
        person = self.person
        return {
            "user": person.user,
            "home": person.home,
            "full_name": person.full_name,
            "host": person.host,
            "fqdn": person.fqdn,
            "email": person.email,
        }


def cases(seed: int, count: int) -> Iterator[Case]:
    """The first ``count`` cases of a seed; the same on every machine."""
    for number in range(count):
        yield make_case(seed, number)


def make_case(seed: int, number: int) -> Case:
    """One case; depends on nothing but its two numbers."""
    rng = random.Random(f"{seed}/{number}")
    person = make_person(rng)
    family = FAMILIES[number % len(FAMILIES)]
    planting = family(rng, person)
    allowed = [carrier for carrier in CARRIERS if carrier.takes(planting)]
    carrier = rng.choice(allowed)
    before, useful_before = innocent_lines(rng)
    after, useful_after = innocent_lines(rng)
    line, useful_here = carrier.write(rng, planting.surface)
    return Case(
        number=number,
        family=family.__name__,
        carrier=carrier.name,
        text="\n".join([*before, line, *after]),
        planted=planting.planted,
        useful=(*useful_before, *useful_here, *useful_after),
        person=person,
        needs_identity=planting.needs_identity,
    )
