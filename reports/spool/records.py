"""The small files beside a report: who agreed, what came back, why it was withheld."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec

from reports.errors import StorageError
from reports.report_form import SCHEMA_VERSION, ReportId, Schema
from reports.spool import durable

if TYPE_CHECKING:
    from reports.payload import Item

REPORT, ENVELOPE, ORIGIN = "report.json", "envelope", "origin.json"
APPROVAL, RECEIPT, WITHHELD = "approval.json", "receipt.json", "withheld.json"
"""The names of an entry's files; the first two lie compressed (``at_rest``), with its
suffix, but where a version before wrote them."""

MAX_REPORT_BYTES = 4 * 1024 * 1024
MAX_RECORD_BYTES = 64 * 1024

Word = Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9_.:/-]{0,63}\Z")]
"""One lower-case word: a category, a rule, a way of agreeing."""

Digest = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
"""SHA-256, hexadecimal."""

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with its zone."""


T = TypeVar("T")


class NewerFormError(StorageError):
    """Something in a form that only a newer crashwatch knows; it may be whole."""


class ItemDigest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One envelope item as it was agreed to. ``bytes`` is its size."""

    type: str
    name: str
    sha256: Digest
    bytes: int


class Origin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``origin.json``: when a report was stored, and under which region's rules.

    Attributes:
        when: Our clock. A foreign dump may be much older than its report.
        region: Name of the region; empty: none was configured.
        forbidden: Categories that were off there.
        endpoint: ``host:port`` to which it might go; empty: nowhere.
    """

    schema: Schema = 1
    id: ReportId
    when: Moment
    region: Annotated[str, msgspec.Meta(max_length=32)] = ""
    forbidden: tuple[Word, ...] = ()
    endpoint: Annotated[str, msgspec.Meta(max_length=300)] = ""


class Approval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``approval.json``: to what a person agreed, when, and how (``prompt``, ``cli``).

    ``sequence`` is the consent record's last entry then: it tells whether a refusal
    came later, whatever the clock did.

    A version we do not know does not decode: no approval, nothing is sent.
    """

    schema: Schema = 1
    id: ReportId
    when: Moment
    how: Word
    sequence: int = 0
    items: tuple[ItemDigest, ...]

    @property
    def digests(self) -> frozenset[str]:
        """The SHA-256 of each item agreed to."""
        return frozenset(item.sha256 for item in self.items)


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """``receipt.json``: what was sent, when, where, and what the server said.

    Attributes:
        when: Our clock, at the answer.
        host: Host name and port of the endpoint; never its key.
        status: HTTP status.
        event_id: The id under which the server says it stored the event.
        encoding: Content encoding on the wire (``gzip``).
        wire_bytes: HTTP head and body as written to the socket, before TLS.
        sent_at: The envelope header's send time. With ``items`` and the entry's
            ``envelope`` it gives back the exact bytes that were sent.
        items: What was sent: all of the approval, or all but a too large minidump.
        clock_skew: Server's ``Date`` minus our clock in seconds, where it told.
    """

    schema: Schema = 1
    id: ReportId
    when: Moment
    host: str
    status: int
    event_id: str
    encoding: str
    wire_bytes: int
    sent_at: str
    items: tuple[ItemDigest, ...]
    clock_skew: float | None = None


class Withheld(msgspec.Struct, frozen=True, kw_only=True):
    """``withheld.json``: all that is kept of a report that a wall refused."""

    schema: Schema = 1
    id: ReportId
    category: Word
    created: Moment
    rules: tuple[Word, ...]


def decoded(data: bytes, kind: type[T]) -> T:
    """Read JSON into a value of ``kind``.

    Besides its own errors msgspec lets two others out: UnicodeDecodeError for text that
    is not UTF-8, and RecursionError.

    Raises:
        NewerFormError: Its number is one that we do not know.
        StorageError: It is not JSON, or not of that kind.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        _refuse_newer(data)
        raise StorageError(str(error)) from error


class _Numbered(msgspec.Struct, frozen=True):
    schema: int = 0


def _refuse_newer(data: bytes) -> None:
    """Tell what we cannot know from what is damaged."""
    with contextlib.suppress(msgspec.MsgspecError, ValueError, RecursionError):
        number = msgspec.json.decode(data, type=_Numbered).schema
        if number > SCHEMA_VERSION:
            raise NewerFormError(
                f"its form is number {number}, and {SCHEMA_VERSION} is the newest here"
            )


def read_record(
    folder: int, name: str, kind: type[T], limit: int = MAX_RECORD_BYTES
) -> T:
    """Read one of an entry's files, whose folder is open, into a value of ``kind``.

    Raises:
        FileNotFoundError: There is none.
        NewerFormError, StorageError: As ``decoded``.
        OSError: It cannot be read.
    """
    return decoded(durable.read(folder, name, limit), kind)


def encoded(record: Origin | Approval | Receipt | Withheld) -> bytes:
    """The record as JSON that will decode again.

    msgspec checks the form of values only when it decodes; a record that does not
    decode would send its report to quarantine, long after whoever wrote it.

    Raises:
        ValueError: A field has a form that it may not have.
    """
    data = msgspec.json.encode(record)
    msgspec.json.decode(data, type=type(record))
    return data


def digest_of(item: Item) -> ItemDigest:
    """Describe an item by its digest."""
    return ItemDigest(item.type, item.name, item.sha256, len(item.data))
