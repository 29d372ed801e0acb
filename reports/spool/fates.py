"""What became of every report that was captured: each counted once.

The loss account. A report may have a long story: sent, then dropped for its age. What
counts is the step that decided over it, so that the fates of all add up to what was
captured, whatever was cleaned up since.
"""

from __future__ import annotations

import contextlib
import enum
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.errors import ReportsError
from reports.lifecycle import Event, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reports.spool.directory import Spool
    from reports.spool.ledger import LedgerLine


class Fate(enum.Enum):
    """The step that decided over a report."""

    WAITING = "waiting"
    """For an answer or for the server."""
    SENT = "sent"
    """A server has it."""
    WITHHELD = "withheld"
    """A wall found what must not leave."""
    REFUSED = "refused"
    """The person discarded it, or took back their consent."""
    DROPPED = "dropped"
    """There was no room, or it was too old."""
    SET_ASIDE = "set_aside"
    """The server refused it, or it was damaged, or never ours."""


_DECIDED = {
    Event.REJECT: (Fate.SET_ASIDE, "the server refused it"),
    Event.SUSPECT: (Fate.SET_ASIDE, "damaged"),
    Event.DISCARD: (Fate.REFUSED, "discarded"),
    Event.WITHDRAW: (Fate.REFUSED, "consent was withdrawn"),
    Event.DROP: (Fate.DROPPED, "no reason was noted"),
}
_DAMAGED = " is damaged: "
"""What comes before this in a ledger's reason names the report."""


@dataclass(frozen=True, slots=True)
class Fates:
    """How many reports had which fate, and why, where a reason was noted."""

    counts: Mapping[Fate, int]
    reasons: Mapping[tuple[Fate, str], int]

    @property
    def captured(self) -> int:
        """Every report there ever was."""
        return sum(self.counts.values())

    def whys(self, fate: Fate) -> tuple[tuple[str, int], ...]:
        """The reasons of one fate, the most frequent first."""
        found = [(why, n) for (of, why), n in self.reasons.items() if of is fate]
        return tuple(sorted(found, key=lambda row: (-row[1], row[0])))


def take_fates(spool: Spool) -> Fates:
    """Look into the folders and the ledger."""
    # A report that moves meanwhile is seen twice; the later state is the truth.
    stored = {found.id: found.state for found in spool.walk()}
    rules: dict[str, tuple[str, ...]] = {}
    for report_id, state in stored.items():
        if state is State.WITHHELD:
            with contextlib.suppress(ReportsError):
                rules[report_id] = spool.read_withheld(report_id).rules
    return fates_of(stored, spool.ledger(), rules)


def fates_of(
    stored: Mapping[str, State],
    lines: Iterable[LedgerLine],
    rules: Mapping[str, tuple[str, ...]],
) -> Fates:
    """Count each id once. Pure.

    Args:
        stored: The state of each report that has a folder.
        lines: The ledger, oldest first.
        rules: Of withheld reports: the rules that refused them.
    """
    by_id: dict[str, list[LedgerLine]] = {report_id: [] for report_id in stored}
    for line in lines:
        by_id.setdefault(line.id, []).append(line)
    counts: Counter[Fate] = Counter()
    reasons: Counter[tuple[Fate, str]] = Counter()
    for report_id, story in by_id.items():
        fate, whys = _fate(stored.get(report_id), story)
        counts[fate] += 1
        for why in rules.get(report_id, whys):
            reasons[fate, why] += 1
    return Fates({fate: counts[fate] for fate in Fate}, reasons)


def _fate(state: State | None, story: list[LedgerLine]) -> tuple[Fate, tuple[str, ...]]:
    """What decided over one report, and why."""
    if state is State.SENT or any(_was_delivered(line) for line in story):
        return Fate.SENT, ()
    if state in (State.PENDING, State.QUEUED):
        return Fate.WAITING, ()
    if state is State.WITHHELD or any(s.before is State.WITHHELD for s in story):
        return Fate.WITHHELD, ()
    for line in story:
        if line.before is State.QUARANTINE:
            break  # it was lost before anybody discarded it
        if line.event in _DECIDED:
            fate, otherwise = _DECIDED[line.event]
            return fate, (line.why.rpartition(_DAMAGED)[2] or otherwise,)
    return Fate.SET_ASIDE, ()


def _was_delivered(line: LedgerLine) -> bool:
    return line.before is State.SENT or line.event is Event.DELIVER
