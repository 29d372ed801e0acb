"""When a report was made, as far as that can be believed. Pure.

The agreed item keeps the time that our clock told: it is not touched. What is found out
about that clock stands beside it: here, for the person, and in the envelope's head,
whose ``sent_at`` by the same clock lets the server set the event's time right
(https://develop.sentry.dev/sdk/data-model/envelopes/).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

BUILT = datetime(2026, 11, 1, tzinfo=UTC)
"""No report is older than the first version that could make one."""

TOLERANCE = timedelta(minutes=2)
"""Clocks that differ by less are the same clock: an answer takes its time too."""


class CheckedTime(NamedTuple):
    """A time and what is wrong with it.

    Attributes:
        time: The likeliest; the clock's own where nothing is wrong.
        doubts: Why it is not the clock's own, in words; none, as a rule.
    """

    time: datetime
    doubts: tuple[str, ...] = ()


def checked_time(
    created: datetime, seen: datetime, skew: float | None = None
) -> CheckedTime:
    """Set the time of a report right.

    Args:
        created: When it was made, by our clock.
        seen: Later, by our clock: when it was sent, or now.
        skew: The server's clock minus ours in seconds, when it was sent.
    """
    doubts = []
    time = created
    if created > seen + TOLERANCE:
        doubts.append("it was made later than now: the clock was set back since")
        time = seen
    ahead = timedelta(seconds=min(max(skew or 0.0, -_CENTURY), _CENTURY))
    if abs(ahead) > TOLERANCE:
        word = "ahead of" if ahead > timedelta() else "behind"
        doubts.append(f"the server's clock was {_in_words(abs(ahead))} {word} ours")
        time = _sum(time, ahead)
    if time < BUILT:
        doubts.append("it was made before there was this program: the clock is wrong")
        time = BUILT
    return CheckedTime(time, tuple(doubts))


_CENTURY = 100 * 365 * 86_400.0


def _sum(time: datetime, ahead: timedelta) -> datetime:
    try:
        return time + ahead
    except OverflowError:
        return time


def _in_words(span: timedelta) -> str:
    for name, seconds in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if (count := span.total_seconds() / seconds) >= 2:
            return f"{count:.0f} {name}"
    return f"{span.total_seconds():.0f} seconds"
