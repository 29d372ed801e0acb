"""Fuzz target: a file at rest, whoever wrote it."""

from __future__ import annotations

from reports.errors import StorageError
from reports.spool.at_rest import HEAD_BYTES, true_size, unpacked

LIMIT = 1 << 16


def TARGET(data: bytes) -> None:  # noqa: N802 -- the name every fuzz target has
    """Any bytes expand to at most the limit and to what they claim, or StorageError."""
    try:
        found = unpacked(data, LIMIT)
    except StorageError:
        return
    assert len(found) == true_size(data[:HEAD_BYTES], LIMIT) <= LIMIT
