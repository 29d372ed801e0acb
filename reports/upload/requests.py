"""The folder of deletion requests: kept until a server took them, then receipts.

An erasure leaves it alone. Here, to be read without loading the wire.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec

from reports.deletion_request import parse_request, request_event
from reports.errors import StorageError
from reports.report_form import ReportId
from reports.spool import durable
from reports.spool.records import Moment, decoded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from reports.deletion_request import DeletionRequest
    from reports.home import Home

_T = TypeVar("_T", bound=msgspec.Struct)

WAITING, TAKEN = ".json", ".receipt"
_MAX_BYTES = 64 * 1024

RECEIPT_DAYS = 30


class Waiting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``deletion/<id>.json``: a request on its way.

    Attributes:
        place: ``host:port`` of the server that has the reports; empty: any.
        event: The exact text of the event that goes out.
    """

    id: ReportId
    made: Moment
    place: Annotated[str, msgspec.Meta(max_length=300)]
    event: str

    @property
    def request(self) -> DeletionRequest:
        """What is asked for."""
        return parse_request(self.event.encode())


class Taken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``deletion/<id>.receipt``: a server took it; the numbers are gone from here."""

    id: ReportId
    when: Moment
    host: str
    status: int
    events: int
    identities: int


@dataclass(slots=True)
class Delivery:
    """What came of the requests.

    Attributes:
        taken: Receipts of this pass.
        kept: Id and why, for those that still wait.
    """

    taken: list[Taken] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(default_factory=list)


def keep_request(
    home: Home, request: DeletionRequest, place: str, now: datetime
) -> None:
    """Write a request down, to the disk; from here on it survives everything.

    Raises:
        StorageError: The folder cannot be used.
        OSError: The disk is full.
    """
    event = request_event(request).decode("ascii")
    waiting = Waiting(request.id, now, place, event)
    with durable.opened_folder(home.make_folder(home.deletion)) as folder:
        data = msgspec.json.encode(waiting)
        durable.replace(folder, f"{request.id}{WAITING}", data)


def waiting_requests(home: Home) -> tuple[Waiting, ...]:
    """Those no server took yet, oldest first; a damaged one is left out."""
    found = _read_all(home, WAITING, Waiting)
    return tuple(sorted(found, key=lambda one: (one.made, one.id)))


def taken_requests(home: Home) -> tuple[Taken, ...]:
    """Receipts of requests that servers took."""
    return tuple(sorted(_read_all(home, TAKEN, Taken), key=lambda one: one.when))


def forget_receipts(home: Home, now: datetime) -> None:
    """Remove receipts that are older than ``RECEIPT_DAYS``."""
    for taken in taken_requests(home):
        if now - taken.when > timedelta(days=RECEIPT_DAYS):
            (home.deletion / f"{taken.id}{TAKEN}").unlink(missing_ok=True)


def _read_all(home: Home, suffix: str, kind: type[_T]) -> Iterator[_T]:
    for path in _paths(home, suffix):
        try:
            with durable.opened_folder(home.deletion) as folder:
                value = decoded(durable.read(folder, path.name, _MAX_BYTES), kind)
            if isinstance(value, Waiting):
                parse_request(value.event.encode())
        except (OSError, StorageError):
            continue
        yield value


def _paths(home: Home, suffix: str) -> tuple[Path, ...]:
    try:
        return tuple(p for p in home.deletion.iterdir() if p.suffix == suffix)
    except OSError:
        return ()
