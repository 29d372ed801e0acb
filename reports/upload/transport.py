"""The last check before the wire: only agreed items pass, whatever hands them over.

Sessions, client reports, logs, check-ins and attachments reach a transport of the SDK
without passing ``before_send``. So nothing is trusted here that came through the SDK:
each item's type and SHA-256 must be an agreed one, and what is sent is built anew from
the agreed bytes, so that no header of the SDK's goes along.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reports.envelope import ATTACHMENT, EVENT, MINIDUMP_ATTACHMENT_TYPE, build_envelope
from reports.upload.gate import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.upload.gate import Sendable


@dataclass(frozen=True, slots=True)
class Offered:
    """An item as the SDK hands it over.

    Attributes:
        type: Its header's ``type``.
        attachment_type: Its header's ``attachment_type``, or empty.
        name: Its header's ``filename``, or empty.
        data: Its payload.
    """

    type: str
    attachment_type: str
    name: str
    data: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """Of the payload, hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()


def outgoing(
    event_id: object,
    offered: Sequence[Offered],
    expected: Sendable | None,
    sent_at: str,
) -> bytes | Refusal:
    """Build the envelope that goes out, or say why none does.

    Args:
        event_id: The SDK's envelope header's event id.
        offered: The SDK's items in their order.
        expected: What is being sent at this moment, if anything.
        sent_at: Time of sending, RFC 3339.
    """
    if expected is None or event_id != expected.id:
        return Refusal("an envelope that nobody asked for")
    for item in offered:
        if item.type == ATTACHMENT and item.attachment_type == MINIDUMP_ATTACHMENT_TYPE:
            continue
        if item.type != EVENT:
            return Refusal(f"an item of type {item.type[:32]!r}")
    found = [(item.type, item.name, item.sha256) for item in offered]
    if found != [(item.type, item.name, item.sha256) for item in expected.items]:
        return Refusal("the items are not those that were agreed to")
    return build_envelope(expected.id, expected.items, sent_at=sent_at)
