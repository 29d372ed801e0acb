"""When to try again after failures. Pure: the random number is a parameter.

Exponential with full jitter: after an outage the terminals of the world come back
spread over the whole interval, not in waves.
"""

from __future__ import annotations

from datetime import timedelta

FIRST_SECONDS = 60.0
LONGEST_SECONDS = 6 * 3600.0

LONGEST_PAUSE = timedelta(days=1)
"""The longest a server's own word (``Retry-After``) may hold us."""


def delay_after(failures: int, fraction: float) -> timedelta:
    """Wait after the ``failures``-th failure in a row, counted from 1.

    Args:
        failures: At least 1.
        fraction: Uniformly random in [0, 1).
    """
    # The exponent is bounded, or a year of failures would overflow a float.
    longest = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(failures - 1, 32))
    return timedelta(seconds=longest * fraction)
