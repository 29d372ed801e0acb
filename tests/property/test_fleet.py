"""What the receiving side sees, by the manners that terminals really have.

The whole of it, from 10^4 to 10^8 terminals, is tests/benchmarks/scaling.py.
"""

from __future__ import annotations

from tests.doubles.terminal_fleet import DAY, HOUR, Fleet, Server

SIZE = 10_000
USUAL = SIZE / DAY
OUTAGE = (DAY + 9 * HOUR, DAY + 15 * HOUR)
WIDTH = 1800.0
"""Some 200 requests: chance alone moves the busiest such stretch by a fifth."""


def test_after_six_hours_without_a_server_three_times_the_usual_is_not_exceeded():
    log = Fleet(SIZE).daily(Server(down=OUTAGE), days=4)
    assert log.peak(OUTAGE[1], 4 * DAY, WIDTH) <= 3 * USUAL
    assert log.peak(*OUTAGE, WIDTH) <= 3 * USUAL
    assert not log.waiting
    assert len(log.delivered) == 4 * SIZE
    assert max(moment for moment, age in log.delivered if age > 60) < OUTAGE[1] + DAY


def test_a_day_is_spread_over_the_day():
    log = Fleet(SIZE).daily(Server(), days=2)
    assert log.peak(0, DAY, WIDTH) < 1.4 * USUAL
    assert log.rate(0, 12 * HOUR) > 0.9 * USUAL


def test_a_server_that_says_too_many_is_not_asked_again_by_all_at_once():
    server = Server(a_minute=3 * USUAL * 60)
    log = Fleet(SIZE).crash_within(server, HOUR, 72)
    assert not log.waiting
    assert len(log.requests) < 2.2 * SIZE
    assert log.peak(2 * HOUR, 72 * HOUR, WIDTH) < 1.5 * USUAL
