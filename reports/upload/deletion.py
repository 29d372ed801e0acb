"""Deliver deletion requests: before everything else, until a server took them.

A request is the person's own wish and stands above every refusal of theirs: it goes
after an opt-out and no byte budget holds it back. Once it was taken, a receipt without
the numbers takes its place.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from reports.spool import durable
from reports.spool.lock import held
from reports.upload.clock import Clock
from reports.upload.courier import Courier, Outcome
from reports.upload.gate import No, admit_deletion
from reports.upload.memory import recall, remember
from reports.upload.rate_limits import pause_asked
from reports.upload.requests import (
    TAKEN,
    WAITING,
    Delivery,
    Taken,
    Waiting,
    waiting_requests,
)
from reports.upload.verdict import Verdict
from reports.upload.wire import Network, Wire, opened

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from reports.home import Home
    from reports.upload.dsn import Endpoint
    from reports.upload.gate import Decision, Question


def deliver_requests(
    home: Home,
    endpoint: Endpoint,
    *,
    network: Network | None = None,
    wire: Wire | None = None,
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
        wire: A way there to use instead, which stays open.
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
        with opened(wire, endpoint, network, clock) as way:
            turn = _Turn(home, endpoint, way, clock, fraction)
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
        if (self._home.deletion / f"{question.id}{WAITING}").is_file():
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
            durable.replace(folder, f"{waiting.id}{TAKEN}", msgspec.json.encode(taken))
            durable.shred(folder, f"{waiting.id}{WAITING}")
        return taken


@dataclass(frozen=True, slots=True)
class _Wish:
    allowed: bool = True
    reason: str = "you asked for it"


def _asked(outcome: Outcome, now: datetime) -> timedelta | None:
    answer = outcome.answer
    return None if answer is None else pause_asked(answer.status, answer.headers, now)
