"""When to try again after failures. Pure: the random number is a parameter.

Exponential with full jitter, in two steps: within an hour, then within a day. The
steps are few and far apart on purpose. In an outage every step of the ladder that is
shorter than the outage fills with terminals until as many leave it as come in; so when
the server is back each step adds the whole steady load once more. Doubling from a
minute has nine such steps in six hours, and the first five minutes afterwards brought
seven times the usual requests. Two steps bring less than three (``docs/scaling.md``).
"""

from __future__ import annotations

from datetime import timedelta

FIRST_SECONDS = 3600.0
GROWTH = 24.0
LONGEST_SECONDS = 24 * 3600.0

LONGEST_PAUSE = timedelta(days=1)
"""The longest a server's own word (``Retry-After``) may hold us."""


def delay_after(failures: int, fraction: float) -> timedelta:
    """Wait after the ``failures``-th failure in a row, counted from 1.

    Args:
        failures: At least 1.
        fraction: Uniformly random in [0, 1).
    """
    # The exponent is bounded, or a year of failures would overflow a float.
    longest = min(LONGEST_SECONDS, FIRST_SECONDS * GROWTH ** min(failures - 1, 8))
    return timedelta(seconds=longest * fraction)
