"""A receipt as a server may give it, of a payload that was made by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from reports.spool.records import Receipt, digest_of

if TYPE_CHECKING:
    from reports.payload import Payload

NOW = datetime(2026, 3, 5, tzinfo=UTC)


def sample_receipt(payload: Payload, **changes: Any) -> Receipt:
    """Of each of its items, taken at ``NOW`` but where something is changed."""
    values: dict[str, Any] = {
        "id": payload.id,
        "when": NOW,
        "host": "127.0.0.1:1",
        "status": 200,
        "event_id": payload.id,
        "encoding": "gzip",
        "wire_bytes": 900,
        "sent_at": "2026-03-05T00:00:00Z",
        "items": tuple(map(digest_of, payload.items)),
    }
    return Receipt(**(values | changes))
