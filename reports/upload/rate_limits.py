"""Read what a server says about when to come back. Pure parsers; doubt means wait.

``Retry-After`` is RFC 9110 section 10.2.3: seconds, or a date. ``X-Sentry-Rate-Limits``
is ``seconds:categories:scope[:…]``, comma-separated, categories separated by
semicolons, none meaning all (https://develop.sentry.dev/sdk/expected-features/rate-limiting/).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from reports.upload.backoff import LONGEST_PAUSE

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PAUSE = timedelta(seconds=60)
"""For a 429 that does not say how long, and for limits that cannot be read."""

_SECONDS = re.compile(r"\s*([0-9]{1,12})(?:\.[0-9]*)?\s*")
_OURS = frozenset({"", "error", "default"})
"""Sentry's categories that hold our events back; the empty one means all."""


def pause_asked(
    status: int, headers: Mapping[str, str], now: datetime
) -> timedelta | None:
    """How long the server asks us to stay away, or None when it does not.

    Args:
        status: HTTP status.
        headers: Names in lower case.
        now: Our clock, for a ``Retry-After`` that is a date.
    """
    pauses = [_limit(part) for part in _listed(headers.get("x-sentry-rate-limits"))]
    asked = headers.get("retry-after")
    if asked is not None and status in (429, 503):
        pauses.append(_retry_after(asked, now))
    longest = max((pause for pause in pauses if pause is not None), default=None)
    if longest is None:
        return DEFAULT_PAUSE if status == 429 else None
    return min(longest, LONGEST_PAUSE)


def server_date(headers: Mapping[str, str]) -> datetime | None:
    """The server's clock, where it tells."""
    return _date(headers.get("date", ""))


def _listed(value: str | None) -> list[str]:
    return [part for part in (value or "").split(",") if part.strip()]


def _limit(part: str) -> timedelta | None:
    seconds, _, rest = part.partition(":")
    categories = {name.strip() for name in rest.partition(":")[0].split(";")}
    if not categories & _OURS:
        return None
    match = _SECONDS.fullmatch(seconds)
    return timedelta(seconds=int(match[1])) if match else DEFAULT_PAUSE


def _retry_after(value: str, now: datetime) -> timedelta:
    if match := _SECONDS.fullmatch(value):
        return timedelta(seconds=int(match[1]))
    moment = _date(value)
    if moment is None:
        return DEFAULT_PAUSE
    return max(moment - now, timedelta())


def _date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
