"""Fuzz target: the messages from the terminal, decoded by its supervisor."""

from crashwatch.client.inside.messages import (
    FIELD,
    MESSAGE_LIMIT,
    RECORD,
    MessageError,
    decode,
    encode,
)


def TARGET(data: bytes) -> None:  # noqa: N802 -- the name every fuzz target has
    """Any bytes are records of fields or a MessageError; what is encoded is decoded."""
    try:
        records = decode(data)
    except MessageError:
        return
    assert records
    assert all(records)
    assert not any(c in f for r in records for f in r for c in (RECORD, FIELD))
    again = encode(records)
    assert len(again) <= MESSAGE_LIMIT
    assert encode(decode(again)) == again
