"""The envelope: built as the SDK builds it, parsed only if we could have built it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.envelope import (
    build_envelope,
    event_bytes,
    parse_envelope,
)
from reports.errors import StorageError
from reports.payload import Item
from reports.report_form import MAX_ENVELOPE_BYTES

EVENT_ID = "0123456789abcdef0123456789abcdef"
EVENT = Item("event", "", b'{"event_id":"0123456789abcdef0123456789abcdef"}')
MINIDUMP = Item("attachment", "minidump.dmp", b"MDMP\n\n\x00\xff")
GOOD = build_envelope(EVENT_ID, [EVENT, MINIDUMP])

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=20,
)
events = st.dictionaries(st.text(max_size=12), json_values, max_size=6)


def test_an_envelope_is_header_lines_and_payloads():
    lines = GOOD.split(b"\n", 3)
    assert json.loads(lines[0]) == {"event_id": EVENT_ID}
    assert json.loads(lines[1]) == {
        "type": "event",
        "content_type": "application/json",
        "length": len(EVENT.data),
    }
    assert lines[2] == EVENT.data
    header, rest = lines[3].split(b"\n", 1)
    assert json.loads(header)["attachment_type"] == "event.minidump"
    assert rest == MINIDUMP.data + b"\n"


@given(events, st.none() | st.binary(max_size=200), st.sampled_from(["", "2026-01-01"]))
def test_what_was_built_is_parsed_back(event, minidump, sent_at):
    items = [Item("event", "", event_bytes(event))]
    if minidump is not None:
        items.append(Item("attachment", "minidump.dmp", minidump))
    data = build_envelope(EVENT_ID, items, sent_at=sent_at)
    parsed = parse_envelope(data)
    assert (parsed.event_id, list(parsed.items)) == (EVENT_ID, items)
    assert parsed.sent_at == sent_at


@given(events)
def test_event_bytes_survive_a_parse_and_a_second_serialization(event):
    once = event_bytes(event)
    assert event_bytes(json.loads(once)) == once


@given(events)
def test_the_sdk_writes_the_same_bytes(event):
    from sentry_sdk import envelope as sdk

    theirs = sdk.Envelope(headers={"event_id": EVENT_ID})
    theirs.add_event(json.loads(event_bytes(event)))
    theirs.add_item(
        sdk.Item(
            MINIDUMP.data,
            headers={"attachment_type": "event.minidump"},
            type="attachment",
            filename="minidump.dmp",
            content_type="application/octet-stream",
        )
    )
    ours = [Item("event", "", event_bytes(event)), MINIDUMP]
    assert theirs.serialize() == build_envelope(EVENT_ID, ours)


@given(st.integers(0, len(GOOD) - 1))
def test_an_envelope_cut_short_is_refused_or_is_a_shorter_whole_one(length):
    cut = GOOD[:length]
    if cut == build_envelope(EVENT_ID, [EVENT]):
        assert parse_envelope(cut).items == (EVENT,)
        return
    with pytest.raises(StorageError):
        parse_envelope(cut)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"{}\n",
        b"[]\n" + GOOD,
        GOOD + b"\n",
        GOOD.replace(b'"event"', b'"session"'),
        GOOD.replace(b'"event_id":', b'"dsn":"x","event_id":', 1),
        GOOD.replace(EVENT_ID.encode(), EVENT_ID.upper().encode()),
        GOOD.replace(b"minidump.dmp", b"../../../dmp"),
        GOOD.replace(b"event.minidump", b"event.attached"),
        build_envelope(EVENT_ID, [EVENT]) + GOOD.split(b"\n", 1)[1],
        b"[" * 8000 + b"\n",
        b'{"event_id":' + b"9" * 5000 + b"}\n",
    ],
)
def test_what_we_would_not_write_is_refused(data):
    with pytest.raises(StorageError):
        parse_envelope(data)


def test_an_oversized_envelope_is_refused_unread():
    with pytest.raises(StorageError, match="more than"):
        parse_envelope(bytes(MAX_ENVELOPE_BYTES + 1))


@pytest.mark.parametrize(
    "items",
    [
        [],
        [MINIDUMP],
        [EVENT, EVENT],
        [EVENT, MINIDUMP, MINIDUMP],
        [Item("session", "", b"{}")],
        [Item("event", "name", b"{}")],
        [EVENT, Item("attachment", "", b"")],
        [EVENT, Item("attachment", 'a"\n', b"")],
    ],
)
def test_only_an_event_and_its_minidump_can_be_built(items):
    with pytest.raises(ValueError, match=r"event|attachment"):
        build_envelope(EVENT_ID, items)


def test_a_number_that_json_does_not_have_is_an_error():
    with pytest.raises(ValueError, match="JSON compliant"):
        event_bytes({"a": float("nan")})
