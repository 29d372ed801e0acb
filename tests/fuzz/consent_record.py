"""Fuzz target: the consent record and its log."""

from __future__ import annotations

from reports.consent.own_file import NotBelievedError
from reports.consent.record_text import (
    log_bytes,
    parse_log,
    parse_record,
    record_bytes,
)


def TARGET(data: bytes) -> None:  # noqa: N802 -- the name every fuzz target has
    """Any bytes are a record that is written back as itself, or are not believed."""
    choices = parse_log(data)
    assert parse_log(log_bytes(choices)) == choices
    try:
        record = parse_record(data)
    except NotBelievedError:
        return
    assert parse_record(record_bytes(record)) == record
