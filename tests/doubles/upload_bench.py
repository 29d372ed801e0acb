"""What tests of the uploader share: a clock that is told, a spool, a way to drain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from reports.home import open_home
from reports.spool.directory import Spool
from reports.upload.clock import Clock
from reports.upload.drain import Manners, drain
from reports.upload.dsn import parse_dsn
from reports.upload.memory import file_name
from reports.upload.wire import Limits, Network
from tests.doubles.sample_payload import digests, sample_payload

FAST = Network(limits=Limits(2, 0.5, 2, 1e9))
YES = SimpleNamespace(allowed=True, reason="granted")
NO = SimpleNamespace(allowed=False, reason="refused by the person")


@dataclass
class Time:
    """A clock that moves only when told; sleeping moves it."""

    now: datetime = datetime(2026, 3, 5, tzinfo=UTC)
    seconds: float = 0.0

    def advance(self, seconds: float) -> None:
        """Move both clocks."""
        self.now += timedelta(seconds=seconds)
        self.seconds += seconds

    def clock(self) -> Clock:
        """As the uploader takes it."""
        return Clock(lambda: self.now, lambda: self.seconds, self.advance)


def spool_at(folder, time):
    """A spool whose clock is ``time``."""
    return Spool(open_home(folder / "home"), now=lambda: time.now, patience=0.2)


def drainer(spool, receiver, time):
    """A function that drains with defaults which a test may change."""

    def run(may_send=lambda _question: YES, network=FAST, **manners):
        manners = {"fraction": lambda: 0.5, "try_zstd": False} | manners
        return drain(
            spool,
            parse_dsn(receiver.dsn),
            may_send,
            network=network,
            clock=time.clock(),
            manners=Manners(**manners),
        )

    return run


def queue(spool, payload=None, *, how="prompt"):
    """Store a payload and agree to all of it."""
    payload = payload or sample_payload()
    spool.add(payload)
    spool.approve(payload.id, digests(payload), how=how)
    return payload


def file_of(receiver):
    """Name of the file with what is remembered of a receiver."""
    return file_name(parse_dsn(receiver.dsn))
