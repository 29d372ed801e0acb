"""The states of a report and every legal move between them, as one table.

Rule 1: a state changes only by an event in ``MOVES``; an absent pair is an error.
Rule 2: a stored report's state is the folder it lies in, so a move is one atomic
rename, and there is no second place that could say something else.
"""

from __future__ import annotations

import enum
from types import MappingProxyType

from reports.errors import ReportStateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class State(enum.Enum):
    """Where a report is. All but NEW and DISCARDED are folders."""

    NEW = "new"
    """Made, in memory, not stored yet."""
    PENDING = "pending"
    """Scrubbed and stored, not agreed to."""
    QUEUED = "queued"
    """Agreed to, waiting to be sent."""
    SENT = "sent"
    """Delivered; what was sent and its receipt are kept."""
    WITHHELD = "withheld"
    """A wall refused it: only the names of the rules were kept."""
    QUARANTINE = "quarantine"
    """Damaged, foreign or refused by the server; kept aside, never sent."""
    DISCARDED = "discarded"
    """Gone; one line in the ledger remembers that it was."""


class Event(enum.Enum):
    """What moves a report."""

    STORE = "store"
    """The payload was composed and passed the walls."""
    WITHHOLD = "withhold"
    """A wall refused the payload."""
    APPROVE = "approve"
    """The person (or their standing consent) agreed to these very bytes."""
    WITHDRAW = "withdraw"
    """Consent to the category was taken back."""
    DELIVER = "deliver"
    """The server confirmed that it has it."""
    REJECT = "reject"
    """The server refused it for good."""
    SUSPECT = "suspect"
    """What lies on the disk is not what we wrote."""
    DISCARD = "discard"
    """The person does not want it any more."""
    DROP = "drop"
    """No room, or too old."""


PAST: Mapping[Event, str] = MappingProxyType(
    {
        Event.STORE: "stored",
        Event.WITHHOLD: "withheld",
        Event.APPROVE: "approved",
        Event.WITHDRAW: "withdrawn",
        Event.DELIVER: "delivered",
        Event.REJECT: "rejected",
        Event.SUSPECT: "suspected",
        Event.DISCARD: "discarded",
        Event.DROP: "dropped",
    }
)
"""Each event as something that is done to a report."""

_S, _E = State, Event

MOVES: Mapping[tuple[State, Event], State] = MappingProxyType(
    {
        (_S.NEW, _E.STORE): _S.PENDING,
        (_S.NEW, _E.WITHHOLD): _S.WITHHELD,
        (_S.NEW, _E.DROP): _S.DISCARDED,
        (_S.PENDING, _E.APPROVE): _S.QUEUED,
        (_S.PENDING, _E.WITHDRAW): _S.DISCARDED,
        (_S.PENDING, _E.SUSPECT): _S.QUARANTINE,
        (_S.PENDING, _E.DISCARD): _S.DISCARDED,
        (_S.PENDING, _E.DROP): _S.DISCARDED,
        (_S.QUEUED, _E.DELIVER): _S.SENT,
        (_S.QUEUED, _E.REJECT): _S.QUARANTINE,
        (_S.QUEUED, _E.WITHDRAW): _S.DISCARDED,
        (_S.QUEUED, _E.SUSPECT): _S.QUARANTINE,
        (_S.QUEUED, _E.DISCARD): _S.DISCARDED,
        (_S.QUEUED, _E.DROP): _S.DISCARDED,
        (_S.SENT, _E.SUSPECT): _S.QUARANTINE,
        (_S.SENT, _E.DISCARD): _S.DISCARDED,
        (_S.SENT, _E.DROP): _S.DISCARDED,
        (_S.WITHHELD, _E.SUSPECT): _S.QUARANTINE,
        (_S.WITHHELD, _E.DISCARD): _S.DISCARDED,
        (_S.WITHHELD, _E.DROP): _S.DISCARDED,
        (_S.QUARANTINE, _E.DISCARD): _S.DISCARDED,
        (_S.QUARANTINE, _E.DROP): _S.DISCARDED,
    }
)

STORED = (
    State.PENDING,
    State.QUEUED,
    State.SENT,
    State.WITHHELD,
    State.QUARANTINE,
)
"""The states with a folder, in the direction in which reports move.

Who lists them in this order misses no report that moves meanwhile.
"""


def move(state: State, event: Event) -> State:
    """Return the state after ``event``.

    Raises:
        ReportStateError: The table has no such move.
    """
    try:
        return MOVES[state, event]
    except KeyError:
        raise ReportStateError(
            f"a report that is {state.value} cannot be {PAST[event]}",
            hint=f"`crashwatch reports list --state {state.value}` shows its state.",
        ) from None
