"""The gate: which event may leave, at this moment. Pure.

``admit`` makes the only value the transport sends; ``before_send`` is the SDK's hook.
Both ask for the consent of the moment, because minutes lie between them and the answer
may change.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, final

from reports.consent.border import why_held_at_border
from reports.consent.switches import NO_REGION_RULE
from reports.deletion_request import CATEGORY, made_at, parse_request
from reports.envelope import EVENT
from reports.payload import Item

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from reports.consent.switches import RegionRule
    from reports.spool.entry import StoredReport

_GATE = object()


@dataclass(frozen=True, slots=True)
class Question:
    """What consent is asked about: one stored report.

    Attributes:
        id: The report's id.
        category: Its consent category.
        created: When it was recorded; a grant does not reach back before itself.
        how: How it was agreed to (``Approval.how``).
        sequence: Which entry of the consent record was the last one then.
    """

    id: str
    category: str
    created: datetime
    how: str
    sequence: int


class Decision(Protocol):
    """What consent says about a report now."""

    @property
    def allowed(self) -> bool:
        """Whether it may be sent."""

    @property
    def reason(self) -> str:
        """Why, in words."""


@final
@dataclass(frozen=True, slots=True)
class Sendable:
    """A report that passed the gate. Made by ``admit`` alone.

    Attributes:
        question: What to ask consent about it, again and again.
        items: The agreed items, the event first.
    """

    maker: object = field(repr=False)
    question: Question
    items: tuple[Item, ...]

    def __post_init__(self) -> None:
        """Refuse every maker but the gate."""
        if self.maker is not _GATE:
            raise TypeError("a Sendable is made by reports.upload.gate only")

    @property
    def id(self) -> str:
        """The report's and the event's id."""
        return self.question.id

    @property
    def digests(self) -> frozenset[str]:
        """SHA-256 of each item that may go."""
        return frozenset(item.sha256 for item in self.items)

    def without_minidump(self) -> Sendable | None:
        """The variant for a server that finds the whole too large, if there is one."""
        if len(self.items) < 2:
            return None
        return Sendable(_GATE, self.question, self.items[:1])


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a report may not leave now."""

    why: str


@dataclass(frozen=True, slots=True)
class No:
    """A no, and the decision when none could be had."""

    reason: str
    allowed: bool = False


def ask(may_send: Callable[[Question], Decision], question: Question) -> Decision:
    """Ask for the consent of this moment; whatever goes wrong means no."""
    try:
        decision = may_send(question)
        # Read here: a decision that raises when looked at is no permission either.
        return decision if decision.allowed is True else No(decision.reason)
    except Exception:  # noqa: BLE001 -- doubt means no, whatever the doubt
        return No("consent could not be read")


def admit(
    stored: StoredReport,
    may_send: Callable[[Question], Decision],
    here: RegionRule = NO_REGION_RULE,
) -> Sendable | Refusal:
    """Let a stored report through, if it was agreed to and may still be sent.

    Args:
        stored: With its approval.
        may_send: The consent of this moment.
        here: The rule of the region we are in, with the endpoint in use: what was made
            in another region must be allowed there too.
    """
    approval, items = stored.approval, stored.approved_items
    if approval is None or not items or items[0].type != EVENT:
        return Refusal("nobody agreed to these bytes")
    if held := _held_at_border(stored, here):
        return Refusal(held)
    row = stored.summary
    question = Question(
        row.id, row.category, row.created, approval.how, approval.sequence
    )
    decision = ask(may_send, question)
    if not decision.allowed:
        return Refusal(decision.reason)
    return Sendable(_GATE, question, items)


def admit_deletion(event: bytes) -> Sendable:
    """Let a deletion request through: the person's own wish, above every refusal.

    Raises:
        StorageError: The bytes are not exactly a deletion request.
    """
    request = parse_request(event)
    question = Question(request.id, CATEGORY, made_at(request), "erase", 0)
    return Sendable(_GATE, question, (Item(EVENT, "", event),))


def _held_at_border(stored: StoredReport, here: RegionRule) -> str:
    origin = stored.origin
    if origin is None:
        return ""
    category = stored.summary.category
    there = (origin.region, origin.forbidden, origin.endpoint)
    return why_held_at_border(category, *there, here)


def before_send(
    event: Mapping[str, object],
    expected: Sendable | None,
    may_send: Callable[[Question], Decision],
) -> dict[str, object] | None:
    """Decide about an event the SDK is about to send.

    Whatever the SDK or an integration added or changed is thrown away: what is returned
    is parsed from the very bytes that were agreed to.

    Args:
        event: As the SDK made it.
        expected: What is being sent at this moment, if anything.
        may_send: The consent of this moment.

    Returns:
        The agreed event, or None, which drops it.
    """
    if expected is None or event.get("event_id") != expected.id:
        return None
    if not ask(may_send, expected.question).allowed:
        return None
    agreed: dict[str, object] = json.loads(expected.items[0].data)
    return agreed
