"""The table of legal moves."""

from __future__ import annotations

import pytest

from reports.errors import ReportStateError
from reports.lifecycle import MOVES, PAST, STORED, Event, State, move


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_what_is_not_in_the_table_is_an_error(state, event):
    if (state, event) in MOVES:
        assert move(state, event) is MOVES[state, event]
        return
    with pytest.raises(
        ReportStateError, match=f"{state.value} cannot be {PAST[event]}"
    ):
        move(state, event)


def test_only_approval_leads_to_the_queue():
    ways = [way for way, after in MOVES.items() if after is State.QUEUED]
    assert ways == [(State.PENDING, Event.APPROVE)]


def test_only_a_queued_report_can_be_sent():
    ways = [way for way, after in MOVES.items() if after is State.SENT]
    assert ways == [(State.QUEUED, Event.DELIVER)]


def test_nothing_leaves_the_end():
    assert not [way for way in MOVES if way[0] is State.DISCARDED]


def test_every_stored_report_can_be_discarded():
    for state in STORED:
        assert move(state, Event.DISCARD) is State.DISCARDED


def test_moves_follow_the_order_of_listing():
    """Or a reader that lists the states in order could miss a moving report."""
    place = {state: position for position, state in enumerate(STORED)}
    for (before, _), after in MOVES.items():
        if before in place and after in place:
            assert place[before] < place[after]


def test_the_table_cannot_be_changed():
    with pytest.raises(TypeError):
        MOVES[State.SENT, Event.APPROVE] = State.QUEUED
