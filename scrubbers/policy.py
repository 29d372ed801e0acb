"""Which rules run: those of shape, the same for everybody, and those of one person."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from scrubbers.innocence import Innocence
from scrubbers.rules import ALL
from scrubbers.rules.identities import KnownPerson
from scrubbers.screen import Screen
from scrubbers.survey import Survey
from scrubbers.vocabulary import Vocabulary

if TYPE_CHECKING:
    from scrubbers.identity import Identity
    from scrubbers.rule import Rule


class Policy:
    """The rules for one person's texts.

    Attributes:
        rules: The rules of shape, in order.
        person: The known person; false if nobody is known.
        screen: Tells which of the rules may find something.
        innocence: The cheap test whether a line has nothing to find.
        hiding: Which tokens met before hide something; see ``scrubbers.text``.
    """

    def __init__(self, identity: Identity, rules: tuple[Rule, ...] = ALL) -> None:
        self.rules = rules
        self.person = KnownPerson(identity)
        self.screen = _screen_of(rules)
        self.innocence = Innocence(self.screen, self.person)
        self.hiding: dict[str, bool] = {}

    @cached_property
    def survey(self) -> Survey:
        """Tells of many lines at once which have nothing to find.

        Made when it is first asked for: that takes three milliseconds, and a crash is
        held while the few short texts of its picture are scrubbed.
        """
        return Survey(self.rules, self.person, _vocabulary_of(self.rules))


@lru_cache(maxsize=2)
def _screen_of(rules: tuple[Rule, ...]) -> Screen:
    """One for all persons: it knows of rules and words only."""
    return Screen(rules)


@lru_cache(maxsize=2)
def _vocabulary_of(rules: tuple[Rule, ...]) -> Vocabulary:
    """Likewise."""
    return Vocabulary(rules)


@lru_cache(maxsize=8)
def policy_for(identity: Identity) -> Policy:
    """The policy of an identity; kept, because making the patterns takes time."""
    return Policy(identity)
