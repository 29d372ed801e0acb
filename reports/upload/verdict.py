"""What an HTTP answer means for the report that was sent. One table, pure.

Bugsink and Relay answer 200 with ``{"id": …}``. A 200 without our id is no receipt:
captive portals and misdirected servers answer 200 as well.
"""

from __future__ import annotations

import enum
import json


class Verdict(enum.Enum):
    """What to do with the report."""

    DELIVERED = "delivered"
    """To ``sent``, with a receipt."""
    TOO_LARGE = "too large"
    """Again without its minidump, if it has one; else set aside."""
    REJECTED = "rejected"
    """Set aside: this report will never be taken."""
    LATER = "later"
    """Kept; the endpoint is tried again later."""


_THIS_REPORT = frozenset({400, 410, 411, 414, 415, 422, 431})
"""Statuses that speak of the request's content; trying again would not help.

Not among them: 401, 403, 404, 405, 407 (the DSN or a proxy is wrong, every report
would suffer for it), 408, 421, 423, 425, 429 (not now).
"""


def judge(status: int, body: bytes, event_id: str) -> Verdict:
    """Judge an answer to an envelope that carried ``event_id``."""
    if status == 200:
        return Verdict.DELIVERED if confirms(body, event_id) else Verdict.LATER
    if status == 413:
        return Verdict.TOO_LARGE
    if status in _THIS_REPORT:
        return Verdict.REJECTED
    return Verdict.LATER


def confirms(body: bytes, event_id: str) -> bool:
    """Whether an answer's body says that this event was taken."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return False
    named = answer.get("id") if isinstance(answer, dict) else None
    return isinstance(named, str) and named.replace("-", "").lower() == event_id
