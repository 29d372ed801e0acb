"""Many reports, a server that fails at random, a clock that is told: who is lost?

Used by a test with some hundred reports and by a benchmark with ten thousand.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

from reports.home import open_home
from reports.lifecycle import State
from reports.spool.directory import Spool
from reports.upload.clock import Clock
from reports.upload.drain import Manners, drain
from reports.upload.dsn import parse_dsn
from reports.upload.wire import Limits, Network
from tests.doubles.local_receiver import Receiver, Reply
from tests.doubles.sample_payload import digests, sample_payload

if TYPE_CHECKING:
    from pathlib import Path

_QUICK = Network(limits=Limits(1.0, 0.05, 0.5, 1e9))

FAULTS: dict[str, Reply] = {
    **{
        f"{fault} at {phase}": Reply(fault=fault, phase=phase)
        for fault in ("reset", "close")
        for phase in ("accept", "head", "body", "stored", "half")
    },
    "stall before storing": Reply(fault="stall", phase="body"),
    "stall after storing": Reply(fault="stall", phase="stored"),
    **{f"status {status}": Reply(status) for status in (401, 404, 408, 500, 502, 503)},
    "429 with Retry-After": Reply(429, (("Retry-After", "30"),)),
    "bare 429": Reply(429),
    "redirect": Reply(302, (("Location", "/login"),)),
    "204 and a page": Reply(204, body=b"<html>"),
    "garbage": Reply(raw=b"\x00garbage\r\n\r\n"),
}


@dataclass
class Storm:
    """What came of it.

    Attributes:
        faults: How often each fault was met.
        lost: Agreed reports that are neither delivered nor queued.
        unseen: Reports with a receipt that the server does not have.
        forbidden: Reports that the server has without consent.
        stored: Distinct event ids the server has.
        repeats: Deliveries of an id the server already had.
    """

    reports: int = 0
    passes: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    unseen: int = 0
    forbidden: int = 0
    stored: int = 0
    repeats: int = 0


class _Weather(Receiver):
    """Chooses a fault for every request with a given probability."""

    def __init__(self, chance: float, dice: random.Random, met: Counter[str]) -> None:
        super().__init__()
        self._chance = chance
        self._dice = dice
        self._met = met

    def _next_reply(self) -> Reply:
        with self.lock:
            if self._dice.random() >= self._chance:
                return Reply()
            name = self._dice.choice(sorted(FAULTS))
            self._met[name] += 1
            return FAULTS[name]


def storm(folder: Path, reports: int, chance: float, seed: int) -> Storm:
    """Queue reports, a tenth of them without consent, and drain them all."""
    dice = random.Random(seed)
    result = Storm(reports=reports)
    spool = Spool(open_home(folder / "home"))
    agreed, forbidden = set(), set()
    for _ in range(reports):
        payload = sample_payload(created=datetime.now(UTC).isoformat())
        spool.add(payload)
        spool.approve(payload.id, digests(payload), how="prompt")
        (forbidden if dice.random() < 0.1 else agreed).add(payload.id)
    now = datetime.now(UTC)
    clock = Clock(now=lambda: now)
    with _Weather(chance, dice, result.faults) as receiver:
        endpoint = parse_dsn(receiver.dsn)
        while True:
            done = drain(
                spool,
                endpoint,
                lambda question: SimpleNamespace(
                    allowed=question.id not in forbidden, reason="refused"
                ),
                network=_QUICK,
                clock=clock,
                manners=Manners(fraction=dice.random, try_zstd=False),
            )
            result.passes += 1
            now = done.waiting_until or now + timedelta(seconds=1)
            if not done.kept and done.waiting_until is None:
                break
        stored = set(receiver.stored)
        result.repeats = sum(receiver.stored.values()) - len(stored)
    sent = {found.id for found in spool.walk(State.SENT)}
    queued = {found.id for found in spool.walk(State.QUEUED)}
    result.stored = len(stored)
    result.lost = len(agreed - sent) + len(forbidden - queued)
    result.unseen = len(sent - stored)
    result.forbidden = len(forbidden & stored)
    return result
