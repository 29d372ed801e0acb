"""A day's counts wait for their turn; a crash never does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reports.upload.turns import turn_of
from tests.doubles.sample_payload import sample_payload
from tests.doubles.upload_bench import queue


def counts(spool, category, time):
    created = time.now.isoformat().replace("+00:00", "Z")
    return queue(spool, sample_payload(category=category, created=created)).id


def test_a_days_counts_go_together_when_their_turn_has_come(spool, run, time):
    ids = {counts(spool, "usage", time), counts(spool, "features", time)}
    turn = turn_of(time.now, ids)
    first = run()
    assert {held.id for held in first.not_yet} == ids
    assert not first.kept
    time.advance((turn - time.now).total_seconds() - 1)
    assert not run().sent
    time.advance(2)
    assert set(run().sent) == ids


def test_a_crash_does_not_wait_and_a_person_never_does(spool, run, time):
    waits = counts(spool, "usage", time)
    crash = queue(spool).id
    assert run().sent == [crash]
    assert run(at_once=True).sent == [waits]


@pytest.mark.parametrize("jump", [-365, 365])
def test_a_clock_that_jumps_holds_nothing_back(spool, run, time, jump):
    report = counts(spool, "usage", time)
    time.now += timedelta(days=jump)
    assert run().sent == [report]
