"""Deletion requests: kept until a server took them, sent before everything else.

A request is the person's own wish and stands above every refusal of theirs: it goes
after an opt-out and counts in no byte budget. It lies in a folder of its own, which an
erasure leaves; once it was taken, a receipt without the numbers takes its place.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec

from reports.crash_report import ReportId
from reports.deletion_request import parse_request, request_event
from reports.errors import StorageError
from reports.spool import durable
from reports.spool.lock import held
from reports.spool.records import Moment, decoded
from reports.upload.clock import Clock
from reports.upload.courier import Courier, Outcome
from reports.upload.gate import No, admit_deletion
from reports.upload.memory import recall, remember
from reports.upload.rate_limits import pause_asked
from reports.upload.verdict import Verdict
from reports.upload.wire import Network, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from reports.deletion_request import DeletionRequest
    from reports.home import Home
    from reports.upload.dsn import Endpoint
    from reports.upload.gate import Decision, Question

_T = TypeVar("_T", bound=msgspec.Struct)

_WAITING, _TAKEN = ".json", ".receipt"
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
        durable.replace(folder, f"{request.id}{_WAITING}", data)


def waiting_requests(home: Home) -> tuple[Waiting, ...]:
    """Those no server took yet, oldest first; a damaged one is left out."""
    found = _read_all(home, _WAITING, Waiting)
    return tuple(sorted(found, key=lambda one: (one.made, one.id)))


def taken_requests(home: Home) -> tuple[Taken, ...]:
    """Receipts of requests that servers took."""
    return tuple(sorted(_read_all(home, _TAKEN, Taken), key=lambda one: one.when))


def forget_receipts(home: Home, now: datetime) -> None:
    """Remove receipts that are older than ``RECEIPT_DAYS``."""
    for taken in taken_requests(home):
        if now - taken.when > timedelta(days=RECEIPT_DAYS):
            (home.deletion / f"{taken.id}{_TAKEN}").unlink(missing_ok=True)


def deliver_requests(
    home: Home,
    endpoint: Endpoint,
    *,
    network: Network | None = None,
    clock: Clock | None = None,
    at_once: bool = False,
    fraction: Callable[[], float] = random.random,
    patience: float = 0.0,
) -> Delivery:
    """Send what waits for this endpoint; what cannot go now is kept.

    Args:
        home: As ``open_home`` gives it.
        endpoint: Where to.
        network: How to reach it.
        clock: Where time comes from.
        at_once: Try even if it is too early after a failure.
        fraction: Random numbers in [0, 1), for jitter.
        patience: Seconds to wait for another uploader.

    Raises:
        StorageError: The uploader's notes cannot be written; nothing is sent then.
    """
    clock = clock or Clock()
    requests = waiting_requests(home)
    delivery = Delivery()
    if not requests:
        return delivery
    with held(home.make_folder(home.upload) / "lock", patience=patience) as mine:
        early = recall(home, endpoint).is_waiting(clock.now()) and not at_once
        if not mine or early:
            why = "it is too early after a failure" if mine else "another upload works"
            delivery.kept += [(one.id, why) for one in requests]
            return delivery
        with Wire(endpoint, network or Network(), clock) as wire:
            turn = _Turn(home, endpoint, wire, clock, fraction)
            turn.run(requests, delivery)
    return delivery


class _Turn:
    """One pass over the requests."""

    def __init__(
        self,
        home: Home,
        endpoint: Endpoint,
        wire: Wire,
        clock: Clock,
        fraction: Callable[[], float],
    ) -> None:
        self._home = home
        self._endpoint = endpoint
        self._wire = wire
        self._clock = clock
        self._fraction = fraction
        self._courier = Courier(wire, self._is_wanted, clock)

    def run(self, requests: tuple[Waiting, ...], delivery: Delivery) -> None:
        """Send them one by one, until the server says no."""
        try:
            for number, waiting in enumerate(requests):
                if not self._send(waiting, delivery):
                    rest = requests[number + 1 :]
                    delivery.kept += [(one.id, "after the one before") for one in rest]
                    return
        finally:
            self._courier.close()

    def _is_wanted(self, question: Question) -> Decision:
        """The person's wish: no consent is asked but whether it was taken back."""
        if (self._home.deletion / f"{question.id}{_WAITING}").is_file():
            return _Wish()
        return No("the request was taken back")

    def _send(self, waiting: Waiting, delivery: Delivery) -> bool:
        if waiting.place not in ("", self._endpoint.place):
            delivery.kept.append((waiting.id, f"it is for {waiting.place}"))
            return True
        memory = recall(self._home, self._endpoint)
        before = self._wire.wire_bytes
        sendable = admit_deletion(waiting.event.encode())
        outcome = self._courier.carry(sendable, zstd=memory.refuses_zstd is None)
        now = self._clock.now()
        memory = memory.after_bytes(now, self._wire.wire_bytes - before)
        if outcome.verdict is Verdict.DELIVERED and outcome.answer is not None:
            remember(self._home, self._endpoint, memory.after_success())
            delivery.taken.append(self._file(waiting, outcome.answer.status, now))
            return True
        asked = _asked(outcome, now)
        memory = memory.after_failure(now, self._fraction(), asked, waiting.id)
        remember(self._home, self._endpoint, memory)
        delivery.kept.append((waiting.id, outcome.why))
        return False

    def _file(self, waiting: Waiting, status: int, now: datetime) -> Taken:
        """The receipt first: dying between the two sends the request twice at most."""
        request = waiting.request
        taken = Taken(
            waiting.id,
            now,
            self._endpoint.place,
            status,
            len(request.event_ids),
            len(request.anonymous_ids),
        )
        with durable.opened_folder(self._home.deletion) as folder:
            durable.replace(folder, f"{waiting.id}{_TAKEN}", msgspec.json.encode(taken))
            durable.shred(folder, f"{waiting.id}{_WAITING}")
        return taken


@dataclass(frozen=True, slots=True)
class _Wish:
    allowed: bool = True
    reason: str = "you asked for it"


def _asked(outcome: Outcome, now: datetime) -> timedelta | None:
    answer = outcome.answer
    return None if answer is None else pause_asked(answer.status, answer.headers, now)


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
