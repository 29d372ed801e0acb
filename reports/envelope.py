"""Sentry envelopes: the bytes that wait in the spool and leave, built and parsed.

An envelope is lines: a JSON header, then for each item a JSON header, the item's
payload and a newline (https://develop.sentry.dev/sdk/data-model/envelopes/). Only two
kinds of item exist here: one event, and at most one minidump of it. The key order of
the item headers is that of sentry-sdk's serializer, so that an envelope which went
through the SDK keeps each of its bytes (a test compares).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.errors import StorageError
from reports.payload import Item
from reports.report_form import MAX_ENVELOPE_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EVENT = "event"
ATTACHMENT = "attachment"
MINIDUMP_ATTACHMENT_TYPE = "event.minidump"
"""Item header ``attachment_type`` that makes a server read the file as a minidump."""

_MAX_HEADER_BYTES = 8192
"""Bugsink's limit for one header line; ours are a tenth of it."""

_EVENT_ID = re.compile(r"[0-9a-f]{32}")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CONTENT_TYPES = {EVENT: "application/json", ATTACHMENT: "application/octet-stream"}


@dataclass(frozen=True, slots=True)
class Envelope:
    """A parsed envelope.

    Attributes:
        event_id: 32 lower-case hexadecimal digits.
        items: The event first, then its minidump if there is one.
        sent_at: The header's send time as it stands there, or empty.
    """

    event_id: str
    items: tuple[Item, ...]
    sent_at: str = ""


def event_bytes(event: Mapping[str, object]) -> bytes:
    """Serialize an event as sentry-sdk does: compact, ASCII, keys in their order.

    Raises:
        ValueError: A NaN or an infinity, which JSON does not have.
        TypeError: A value that JSON cannot hold.
    """
    return _json_line(event)


def build_envelope(event_id: str, items: Sequence[Item], *, sent_at: str = "") -> bytes:
    """Make the bytes of an envelope.

    Args:
        event_id: 32 lower-case hexadecimal digits.
        items: One event, then at most one minidump (an ``attachment`` with a name).
        sent_at: RFC 3339 time for the header, by which a server corrects clock skew.
            Empty in the spool: what is agreed to carries no send time.

    Raises:
        ValueError: The id, an item's type or its name is not of the allowed form.
    """
    _check_event_id(event_id)
    _check_items(items)
    header = {"event_id": event_id}
    if sent_at:
        header["sent_at"] = sent_at
    parts = [_json_line(header), b"\n"]
    for item in items:
        parts += [_json_line(_item_header(item)), b"\n", item.data, b"\n"]
    return b"".join(parts)


def parse_envelope(data: bytes) -> Envelope:
    """Read an envelope of ours, and refuse every other.

    Raises:
        StorageError: Too large, cut short, not JSON where JSON must be, or holding
            anything that ``build_envelope`` would not write.
    """
    if len(data) > MAX_ENVELOPE_BYTES:
        raise _damaged(f"{len(data)} bytes is more than {MAX_ENVELOPE_BYTES}")
    header, offset = _header_line(data, 0)
    items: list[Item] = []
    while offset < len(data):
        item, offset = _read_item(data, offset)
        items.append(item)
    event_id, sent_at = header.get("event_id"), header.get("sent_at", "")
    if not isinstance(event_id, str) or not isinstance(sent_at, str):
        raise _damaged("its header has no event id or no legible time")
    try:
        rebuilt = build_envelope(event_id, items, sent_at=sent_at)
    except ValueError as error:
        raise _damaged(str(error)) from error
    # Comparing with what we would have written refuses, in one line, every unknown
    # key, odd spacing, duplicate key and surplus byte there can be.
    if rebuilt != data:
        raise _damaged("it holds something that we do not write")
    return Envelope(event_id, tuple(items), sent_at)


def _check_event_id(event_id: str) -> None:
    if not _EVENT_ID.fullmatch(event_id):
        raise ValueError("the event id is not 32 lower-case hexadecimal digits")


def _check_items(items: Sequence[Item]) -> None:
    types = [item.type for item in items]
    if types not in ([EVENT], [EVENT, ATTACHMENT]):
        raise ValueError("an envelope holds one event and at most one minidump")
    for item in items:
        if item.type == EVENT and item.name:
            raise ValueError("an event has no file name")
        if item.type == ATTACHMENT and not _FILE_NAME.fullmatch(item.name):
            raise ValueError("the file name of an attachment is not a plain name")


def _item_header(item: Item) -> dict[str, object]:
    header: dict[str, object] = {}
    if item.type == ATTACHMENT:
        header["attachment_type"] = MINIDUMP_ATTACHMENT_TYPE
        header["filename"] = item.name
    header["type"] = item.type
    header["content_type"] = _CONTENT_TYPES[item.type]
    header["length"] = len(item.data)
    return header


def _read_item(data: bytes, offset: int) -> tuple[Item, int]:
    header, start = _header_line(data, offset)
    kind, name = header.get("type"), header.get("filename", "")
    length = header.get("length")
    if not isinstance(kind, str) or not isinstance(name, str):
        raise _damaged("an item has no type or no legible name")
    if not isinstance(length, int) or not 0 <= length < len(data) - start:
        raise _damaged("an item is cut short or tells no true length")
    return Item(kind, name, data[start : start + length]), start + length + 1


def _header_line(data: bytes, offset: int) -> tuple[dict[str, object], int]:
    end = data.find(b"\n", offset, offset + _MAX_HEADER_BYTES)
    if end < 0:
        raise _damaged("a header line has no end")
    try:
        header = json.loads(data[offset:end])
    except (ValueError, RecursionError) as error:
        raise _damaged("a header is not JSON") from error
    if not isinstance(header, dict):
        raise _damaged("a header is not a JSON object")
    return header, end + 1


def _json_line(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii")


def _damaged(why: str) -> StorageError:
    return StorageError(
        f"the stored envelope is damaged: {why}",
        hint="It is set aside; `crashwatch reports list` shows what remains.",
    )
