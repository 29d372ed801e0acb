"""Whose turn it is when: what is not urgent waits for a moment of its own. Pure.

A day's counts become reports when the day is over, which is at the same moment for
everybody. Sent then, a day's requests of the whole world would come in one hour. So
each day's batch waits a random part of a day. The random number is taken from the ids
of the batch itself, which are random: nothing is kept for it, and a batch that is
looked at twice gets the same answer.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

SPREAD = timedelta(days=1)
"""A batch waits at most this long."""

URGENT = frozenset({"crash", "deletion"})
"""Categories that do not wait."""


def turn_of(created: datetime, ids: Iterable[str]) -> datetime:
    """When a batch may go.

    Args:
        created: When the first of it was made.
        ids: Of its reports, as 32 hexadecimal digits; at least one.
    """
    # The lowest id alone is not uniform; a hash of it is.
    digest = hashlib.sha256(min(ids).encode()).digest()
    fraction = int.from_bytes(digest[:6], "big") / 2**48
    return created + SPREAD * fraction
