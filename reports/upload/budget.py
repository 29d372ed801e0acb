"""How much may leave on one day. Pure.

The budget holds back what leaves by standing consent. A report that a person looked at
and agreed to goes at once; its bytes count all the same, and hold back the rest.
"""

from __future__ import annotations

DAILY_BYTES = 10 * 1024

HEAD_BYTES = 450
"""What the HTTP request head takes besides the body, measured and rounded up."""

_PERSONAL = frozenset({"prompt", "window", "cli"})
"""Ways of agreeing in which a person looked at this very report."""


def has_room(how: str, body_bytes: int, used: int, daily: int | None) -> bool:
    """Whether a report may go today.

    Args:
        how: How it was agreed to (``Approval.how``).
        body_bytes: Its compressed size.
        used: Bytes sent today so far.
        daily: The budget in bytes, or None for none.
    """
    if daily is None or how in _PERSONAL:
        return True
    return used + body_bytes + HEAD_BYTES <= daily
