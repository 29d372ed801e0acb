"""The one module that imports sentry_sdk: a client with everything automatic off.

The SDK is never told the DSN (an empty one keeps it from SENTRY_DSN, too): it has no
way to the network but our transport, which hands over to ``post``.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, cast

from sentry_sdk import Client
from sentry_sdk.attachments import Attachment
from sentry_sdk.envelope import Item as SdkItem
from sentry_sdk.transport import Transport

from reports.envelope import ATTACHMENT, MINIDUMP_ATTACHMENT_TYPE
from reports.upload import gate
from reports.upload.gate import Refusal
from reports.upload.transport import Offered, outgoing

if TYPE_CHECKING:
    from collections.abc import Callable

    from sentry_sdk.envelope import Envelope
    from sentry_sdk.types import Event, Hint

    from reports.payload import Item
    from reports.upload.gate import Decision, Question, Sendable


class SentryDoor:
    """Sends what passed the gate through the SDK, one report at a time."""

    def __init__(
        self,
        post: Callable[[bytes], None],
        may_send: Callable[[Question], Decision],
        sent_at: Callable[[], str],
    ) -> None:
        """Make the client.

        Args:
            post: Takes the bytes of the envelope that goes out.
            may_send: The consent of the moment, asked once more by ``before_send``.
            sent_at: The time for the envelope's header, RFC 3339.
        """
        self._post = post
        self._may_send = may_send
        self._sent_at = sent_at
        self._expected: Sendable | None = None
        self._refusal: Refusal | None = None
        self._client = _quiet_client(self._before_send, _Transport(self._take))

    def send(self, sendable: Sendable) -> Refusal | None:
        """Send; returns why nothing was handed to ``post``, or None when it was."""
        self._expected = sendable
        self._refusal = Refusal("the gate let no event through")
        try:
            event = cast("Event", json.loads(sendable.items[0].data))
            attachments = [_Minidump(item) for item in sendable.items[1:]]
            self._client.capture_event(event, {"attachments": attachments})
        except Exception as error:  # noqa: BLE001 -- an event it chokes on, of any kind
            return Refusal(f"the SDK cannot take this event ({type(error).__name__})")
        finally:
            self._expected = None
        return self._refusal

    def close(self) -> None:
        """Shut the client down. It has no thread and nothing in it."""
        self._client.close(timeout=0)

    def _before_send(self, event: Event, _hint: Hint) -> Event | None:
        decided = gate.before_send(event, self._expected, self._may_send)
        return cast("Event | None", decided)

    def _take(self, envelope: Envelope) -> None:
        offered = [_as_offered(item) for item in envelope.items]
        event_id = envelope.headers.get("event_id")
        result = outgoing(event_id, offered, self._expected, self._sent_at())
        if isinstance(result, Refusal):
            self._refusal = result
            return
        # One report, one envelope: whatever else comes along now is not expected.
        self._expected = None
        self._refusal = None
        self._post(result)


class _Transport(Transport):
    """Hands envelopes on; raises nothing into the SDK, which would pass it on."""

    def __init__(self, take: Callable[[Envelope], None]) -> None:
        super().__init__()
        self._take = take

    def capture_envelope(  # type: ignore[explicit-override] # typing.override is 3.12
        self, envelope: Envelope
    ) -> None:
        """Take an envelope of the SDK."""
        try:
            self._take(envelope)
        except Exception:
            logging.getLogger(__name__).exception("an envelope was not taken")


class _Minidump(Attachment):
    """An attachment with the header that makes a server read it as a minidump."""

    def __init__(self, item: Item) -> None:
        super().__init__(bytes=item.data, filename=item.name)
        self._item = item

    def to_envelope_item(self) -> SdkItem:  # type: ignore[explicit-override]
        """Make the SDK's item, header keys in the order of ``reports.envelope``."""
        return SdkItem(
            self._item.data,
            headers={"attachment_type": MINIDUMP_ATTACHMENT_TYPE},
            type=ATTACHMENT,
            filename=self._item.name,
            content_type="application/octet-stream",
        )


def _quiet_client(
    before_send: Callable[[Event, Hint], Event | None], transport: Transport
) -> Client:
    """A client that does nothing of its own accord and looks at nothing around it.

    Each option here either switches something off, or keeps the SDK from asking the
    environment or the machine for it (git revision, host name, working directory).
    """
    client = Client(
        dsn="",
        transport=transport,
        before_send=before_send,
        release="",
        environment="",
        server_name="",
        project_root="",
        debug=False,
        spotlight=False,
        default_integrations=False,
        auto_enabling_integrations=False,
        auto_session_tracking=False,
        send_client_reports=False,
        propagate_traces=False,
        include_local_variables=False,
        include_source_context=False,
        enable_backpressure_handling=False,
        attach_stacktrace=False,
        max_breadcrumbs=0,
        keep_alive=False,
    )
    # SENTRY_PRINT_ENVELOPES makes the SDK wrap a transport in one that prints.
    client.transport = transport
    return client


def _as_offered(item: SdkItem) -> Offered:
    headers = item.headers
    return Offered(
        str(headers.get("type", "")),
        str(headers.get("attachment_type", "")),
        str(headers.get("filename", "")),
        item.get_bytes(),
    )
