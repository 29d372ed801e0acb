"""What becomes of a report on its way, as ``reports show`` tells it. Pure.

Before: what goes where the server finds the whole too large. After: what went, where,
and when. And what is to be thought of the clock that told when it was made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crashwatch.cli.screen import Tint, line
from reports.checked_time import CheckedTime, checked_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from crashwatch.cli.screen import Line
    from reports.payload import Item
    from reports.spool.entry import StoredReport


def left_out_if_too_large(items: tuple[Item, ...]) -> tuple[str, ...]:
    """Names of what does not go where a server answers 413; see ``Sendable``."""
    return tuple(item.name or item.type for item in items[1:])


def time_of(stored: StoredReport, now: datetime) -> CheckedTime:
    """When it was made, as far as that can be believed."""
    receipt = stored.receipt
    if receipt is None:
        return checked_time(stored.summary.created, now)
    return checked_time(stored.summary.created, receipt.when, receipt.clock_skew)


def way_lines(stored: StoredReport, now: datetime) -> Iterator[Line]:
    """The lines below the items."""
    receipt = stored.receipt
    if receipt is not None:
        parts = ", ".join(item.name or item.type for item in receipt.items)
        yield line(
            f"Sent {receipt.when:%Y-%m-%d %H:%M:%S} UTC to {receipt.host}: {parts}; "
            f"{receipt.wire_bytes} bytes on the wire ({receipt.encoding}), "
            f"answer {receipt.status}."
        )
    elif left := left_out_if_too_large(stored.items):
        names = ", ".join(left)
        yield line(f"Should the server find it too large, it goes without {names}.")
    checked = time_of(stored, now)
    for doubt in checked.doubts:
        yield line(f"Its time is in doubt: {doubt}.", Tint.ALARM)
    if checked.doubts:
        yield line(f"It was made about {checked.time:%Y-%m-%d %H:%M:%S} UTC.")


def way_json(stored: StoredReport, now: datetime) -> dict[str, object]:
    """The same as keys of the report's JSON; ``sent`` is None while it was not."""
    receipt = stored.receipt
    checked = time_of(stored, now)
    return {
        "left_out_if_too_large": list(left_out_if_too_large(stored.items)),
        "time": {"likeliest": checked.time.isoformat(), "doubts": list(checked.doubts)},
        "sent": None
        if receipt is None
        else {
            "when": receipt.when.isoformat(),
            "host": receipt.host,
            "status": receipt.status,
            "encoding": receipt.encoding,
            "wire_bytes": receipt.wire_bytes,
            "clock_skew": receipt.clock_skew,
            "items": [item.sha256 for item in receipt.items],
        },
    }
