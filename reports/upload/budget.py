"""How much may leave on one day. Pure.

The budget holds back what leaves by standing consent. A report that a person looked at
and agreed to goes at once; its bytes count all the same, and hold back the rest.
Crashes come first: what is not urgent leaves more than half of a day's budget to them.
"""

from __future__ import annotations

from reports.upload.turns import URGENT

DAILY_BYTES = 10 * 1024

EVERYDAY_SHARE = 0.45
"""Of the budget, for what is not urgent: 4.6 KB, a day's counts and half a kilobyte.
The rest takes a crash of eight threads (5.7 KB with its head) on the same day."""

HEAD_BYTES = 450
"""What the HTTP request head takes besides the body, measured and rounded up."""

PERSONAL = frozenset({"prompt", "window", "cli"})
"""Ways of agreeing in which a person looked at this very report."""


def has_room(
    how: str, category: str, body_bytes: int, used: int, daily: int | None
) -> bool:
    """Whether a report may go today.

    Args:
        how: How it was agreed to (``Approval.how``).
        category: The report's.
        body_bytes: Its compressed size.
        used: Bytes sent today so far.
        daily: The budget in bytes, or None for none.
    """
    if daily is None or how in PERSONAL:
        return True
    share = 1.0 if category in URGENT else EVERYDAY_SHARE
    return used + body_bytes + HEAD_BYTES <= daily * share
