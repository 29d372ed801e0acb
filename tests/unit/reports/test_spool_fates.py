"""The loss account: each report once, by the step that decided over it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reports.lifecycle import Event, State
from reports.spool.fates import Fate, fates_of
from reports.spool.ledger import LedgerLine

NOW = datetime(2026, 3, 5, tzinfo=UTC)
ID = "a" * 32
S, E = State, Event


def story(*steps):
    return [LedgerLine(NOW, ID, before, event, why) for before, event, why in steps]


CASES = {
    "stored, not seen": (S.PENDING, [], Fate.WAITING, None),
    "agreed to": (S.QUEUED, [], Fate.WAITING, None),
    "sent": (S.SENT, [], Fate.SENT, None),
    "sent, then too old": (None, [(S.SENT, E.DROP, "too old")], Fate.SENT, None),
    "sent, then damaged": (
        S.QUARANTINE,
        [(S.SENT, E.SUSPECT, f"report {ID} is damaged: it is cut")],
        Fate.SENT,
        None,
    ),
    "discarded while it was sent": (
        None,
        [(S.QUEUED, E.DISCARD, ""), (S.QUEUED, E.DELIVER, "discarded meanwhile")],
        Fate.SENT,
        None,
    ),
    "withheld": (S.WITHHELD, [], Fate.WITHHELD, "user:report"),
    "withheld, then too old": (
        None,
        [(S.WITHHELD, E.DROP, "too old")],
        Fate.WITHHELD,
        None,
    ),
    "discarded": (None, [(S.PENDING, E.DISCARD, "")], Fate.REFUSED, "discarded"),
    "withdrawn": (
        None,
        [(S.QUEUED, E.WITHDRAW, "")],
        Fate.REFUSED,
        "consent was withdrawn",
    ),
    "no room for it": (
        None,
        [(S.NEW, E.DROP, "the disk is full")],
        Fate.DROPPED,
        "the disk is full",
    ),
    "no room, then stored all the same": (
        S.PENDING,
        [(S.NEW, E.DROP, "the disk is full")],
        Fate.WAITING,
        None,
    ),
    "refused by the server": (
        S.QUARANTINE,
        [(S.QUEUED, E.REJECT, "HTTP 400")],
        Fate.SET_ASIDE,
        "HTTP 400",
    ),
    "damaged, then discarded": (
        None,
        [
            (S.QUEUED, E.SUSPECT, f"report {ID} is damaged: it is cut"),
            (S.QUARANTINE, E.DISCARD, ""),
        ],
        Fate.SET_ASIDE,
        "it is cut",
    ),
    "set aside by who died before the line": (
        None,
        [(S.QUARANTINE, E.DROP, "too old")],
        Fate.SET_ASIDE,
        None,
    ),
    "damaged, and stored again": (
        S.PENDING,
        [(S.PENDING, E.SUSPECT, "its name is not a report id")],
        Fate.WAITING,
        None,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_step_that_decided_counts(name):
    state, steps, fate, why = CASES[name]
    stored = {} if state is None else {ID: state}
    rules = {ID: ("user:report",)} if state is State.WITHHELD else {}
    fates = fates_of(stored, story(*steps), rules)
    assert fates.captured == 1
    assert fates.counts[fate] == 1
    assert fates.reasons == ({} if why is None else {(fate, why): 1})


def test_they_add_up():
    lines = [
        LedgerLine(NOW, f"{number:032x}", State.PENDING, Event.DROP, "too old")
        for number in range(3)
    ]
    stored = {f"{number:032x}": State.SENT for number in range(7, 9)}
    fates = fates_of(stored, lines, {})
    assert fates.captured == 5
    assert fates.reasons == {(Fate.DROPPED, "too old"): 3}
    assert set(fates.counts) == set(Fate)
