"""The loss account: every report captured here, and what became of it.

It adds up by construction: a report is in exactly one folder, or in the ledger as gone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.lifecycle import STORED, Event, State, move

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.spool.directory import Spool


@dataclass(frozen=True, slots=True)
class Account:
    """How many reports are where.

    Attributes:
        stored: By state, each state with a folder.
        gone: By the event that removed them: discarded by the person, withdrawn with
            consent, dropped for want of room or for age.
        sent: Delivered, whether its receipt is still kept or not.
        reasons: By (event, reason), for what was set aside or removed.
    """

    stored: Mapping[State, int]
    gone: Mapping[Event, int]
    sent: int
    reasons: Mapping[tuple[Event, str], int]

    @property
    def captured(self) -> int:
        """Every report there ever was."""
        return sum(self.stored.values()) + sum(self.gone.values())


def take_account(spool: Spool) -> Account:
    """Count what is there and what the ledger says of the rest."""
    stored = {state: sum(1 for _ in spool.walk(state)) for state in STORED}
    gone: Counter[Event] = Counter()
    sent = stored[State.SENT]
    reasons: Counter[tuple[Event, str]] = Counter()
    for line in spool.ledger():
        reasons[line.event, line.why] += 1
        if is_end(line.before, line.event):
            gone[line.event] += 1
        # Whatever became of it afterwards, it had been delivered.
        sent += line.before is State.SENT
    return Account(stored, gone, sent, reasons)


def is_end(before: State, event: Event) -> bool:
    """Whether a ledger line with these says that the report is gone."""
    return move(before, event) is State.DISCARDED
