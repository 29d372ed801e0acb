"""Fuzz target: the envelope parser."""

from __future__ import annotations

from reports.envelope import build_envelope, parse_envelope
from reports.errors import StorageError


def TARGET(data: bytes) -> None:  # noqa: N802 -- the name every fuzz target has
    """Any bytes are refused with StorageError, or are exactly what we would build."""
    try:
        envelope = parse_envelope(data)
    except StorageError:
        return
    rebuilt = build_envelope(
        envelope.event_id, envelope.items, sent_at=envelope.sent_at
    )
    assert rebuilt == data
