"""What stands of a record and its log: grants that lapsed fall away, refusals stay.

Pure. A grant holds only for the words it was given on; a refusal needs none.
"""

from __future__ import annotations

from datetime import timedelta

from reports.consent.record import PERSONAL, Category
from reports.light_tuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from reports.consent.record import Choice, ConsentRecord, Terms

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far ahead of the clock a grant may be dated: two readings of a stepped clock."""


class Lapse(NamedTuple):
    """A grant that no longer holds, and why, as the end of a sentence."""

    category: Category
    reason: str


class ConsentState(NamedTuple):
    """The person's choices as they stand now.

    Attributes:
        choices: At most one for each category; every grant here holds.
        lapsed: Grants that no longer hold: off, and asked again.
        problem: One line for the person when the record could not be believed: why,
            and what to do; without its full stop.
        unknown: The record could not be believed and the log does not tell either:
            a refusal may be lost, so nothing but the person's new choice counts.
        sequence: The newest choice's, or 0.
    """

    choices: tuple[Choice, ...] = ()
    lapsed: tuple[Lapse, ...] = ()
    problem: str = ""
    unknown: bool = False
    sequence: int = 0

    def choice(self, category: Category) -> Choice | None:
        """What was chosen for ``category`` and stands."""
        return next((c for c in self.choices if c.category is category), None)

    def lapse(self, category: Category) -> str:
        """Why the grant for ``category`` lapsed, or the empty string."""
        return next((p.reason for p in self.lapsed if p.category is category), "")


def newest_choices(
    record: ConsentRecord | None, log: Iterable[Choice]
) -> tuple[Choice, ...]:
    """Each category's newest choice, whichever of the two files has it.

    A grant counts only from the record: a line of the log without its record is a
    grant whose writing never ended. Anything else counts from the log too, so that a
    refusal survives the loss of the record, or a power cut before it was replaced.
    """
    recorded = {c.category: c for c in record.choices} if record else {}
    logged: dict[Category, Choice] = {}
    for choice in log:
        if choice.grants and choice.how not in PERSONAL:
            continue  # an operator's, for one run: it hides no refusal before it
        before = logged.get(choice.category)
        if before is None or choice.sequence >= before.sequence:
            logged[choice.category] = choice
    for category, choice in logged.items():
        held = recorded.get(category)
        if not choice.grants and (held is None or choice.sequence > held.sequence):
            recorded[category] = choice
    return tuple(recorded[c] for c in Category if c in recorded)


def standing(
    choices: tuple[Choice, ...],
    *,
    terms: Terms | None,
    now: datetime,
    problem: str = "",
    unknown: bool = False,
) -> ConsentState:
    """Drop the grants that lapsed, and say why.

    Args:
        choices: As ``newest_choices`` gives them.
        terms: What is in force now; None where that is not known: no grant holds.
        now: With its zone.
        problem: Why the record was not believed, or empty.
        unknown: Whether a refusal may have been lost with it.
    """
    lapsed = tuple(
        Lapse(choice.category, reason)
        for choice in choices
        if (reason := _why_lapsed(choice, terms, now))
    )
    gone = {lapse.category for lapse in lapsed}
    return ConsentState(
        choices=tuple(c for c in choices if c.category not in gone),
        lapsed=lapsed,
        problem=problem,
        unknown=unknown,
        sequence=max((c.sequence for c in choices), default=0),
    )


def _why_lapsed(choice: Choice, terms: Terms | None, now: datetime) -> str:
    """The first reason that applies; empty for a grant that holds and for all else."""
    if not choice.grants:
        return ""
    if terms is None:
        return "what it was given for was not looked up"
    version = terms.policy_version
    reasons = (
        (choice.how not in PERSONAL, "it was not given by you"),
        (choice.given > now + CLOCK_TOLERANCE, "it is dated in the future"),
        (choice.policy_version < version, "the privacy policy has changed since"),
        (
            choice.policy_version > version,
            "it was given for a newer privacy policy than this version has",
        ),
        (
            choice.disclosure_sha256 != terms.disclosure_sha256,
            "the disclosure has changed since",
        ),
    )
    return next((reason for applies, reason in reasons if applies), "")
