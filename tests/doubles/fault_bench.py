"""One fault, met by a real uploader with a real spool: what became of each report?

Three reports wait: one with a minidump, a plain one, and one that consent forbids. A
row of ``fault_rows`` lets something happen to the first; then all is well again, and
the uploader comes back when it said it would, until nothing that may go is left.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from reports.errors import ReportNotFoundError
from reports.lifecycle import State
from reports.upload.drain import Manners, drain
from reports.upload.dsn import parse_dsn
from reports.upload.memory import recall
from reports.upload.wire import Limits, Network
from tests.doubles.local_receiver import Receiver
from tests.doubles.sample_payload import sample_payload
from tests.doubles.upload_bench import Time, queue, spool_at

if TYPE_CHECKING:
    from reports.upload.results import DrainResult

QUICK = Limits(connect=1.0, each_wait=0.3, total=1.0, bytes_per_second=1e9)
PATIENT = Limits(connect=20.0, each_wait=20.0, total=60.0, bytes_per_second=1e9)
"""Of a pass in which nothing stalls; a busy machine may be slow."""

FRACTION = 0.001
"""Of the backoff's hour and day: 3.6 s and 86 s. What waits longer was asked to."""

MOST_PASSES = 12


@dataclass
class Observed:
    """What became of it.

    Attributes:
        said: Why the first report was not delivered, without the place's name.
        after: The state of the first report right after the fault.
        waits: Seconds until the uploader would come back by itself.
        took: Seconds until all had gone, once all was well.
        first: The state of the first report in the end.
        second: That of the second.
        deliveries: How often the server got the first and said it stored it.
        without_minidump: Whether it went without its minidump.
        lost: Agreed reports that are neither at the server nor set aside.
        twice: Deliveries of a report after its receipt was written.
        without_consent: Requests that carried the forbidden report.
        strangers: Connections to a server that nobody configured.
    """

    said: str = ""
    after: str = ""
    waits: float = 0.0
    took: float = 0.0
    first: str = ""
    second: str = ""
    deliveries: int = 0
    without_minidump: bool = False
    lost: int = 0
    twice: int = 0
    without_consent: int = 0
    strangers: int = 0

    @classmethod
    def from_json(cls, text: str) -> Observed:
        return cls(**json.loads(text))

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self))


@dataclass
class Bench:
    """The place where a row happens.

    Attributes:
        receiver: Ours; answers well unless told otherwise.
        stranger: A server that a redirect may name.
        dsn: Where reports go.
        asked: The endpoint of the fault, where it was another.
    """

    folder: Path
    receiver: Receiver
    stranger: Receiver
    dsn: str = ""
    asked: str = ""
    network: Network = field(default_factory=lambda: Network(limits=PATIENT))
    try_zstd: bool = False
    time: Time = field(default_factory=lambda: Time(datetime.now(UTC)))

    def __post_init__(self) -> None:
        self.dsn = self.dsn or self.receiver.dsn
        self.spool = spool_at(self.folder, self.time)
        self.twice = 0
        self.delivered: dict[str, int] = {}
        now = self.time.now

        def made(age, **changes):
            created = (now - timedelta(minutes=age)).isoformat()
            return queue(self.spool, sample_payload(created=created, **changes))

        self.first = made(3, minidump=b"MDMP" * 500)
        self.second = made(2)
        self.forbidden = made(1)

    def upload(self, **manners) -> DrainResult:
        """One pass, as ``crashwatch upload`` makes it."""
        chosen = {"fraction": lambda: FRACTION, "try_zstd": self.try_zstd} | manners
        before = dict(self.receiver.stored)
        sent = {found.id for found in self.spool.walk(State.SENT)}
        try:
            return drain(
                self.spool,
                parse_dsn(self.dsn),
                self.may_send,
                network=self.network,
                clock=self.time.clock(),
                manners=Manners(**chosen),
            )
        finally:
            self.twice += sum(
                self.receiver.stored[one] - before.get(one, 0) for one in sent
            )

    def may_send(self, question):
        allowed = question.id != self.forbidden.id
        return SimpleNamespace(allowed=allowed, reason="refused by the person")

    def state_of(self, payload) -> str:
        try:
            return self.spool.find(payload.id).state.value
        except ReportNotFoundError:
            return "gone"

    def waits(self) -> float:
        """Seconds until it comes back by itself."""
        endpoint = parse_dsn(self.asked or self.dsn)
        until = recall(self.spool.home, endpoint).not_before
        return 0.0 if until is None else (until - self.time.now).total_seconds()

    def until_all_went(self) -> float:
        """All is well again: come back each time it is due; how long that took."""
        took = 0.0
        for _ in range(MOST_PASSES):
            result = self.upload()
            if result.waiting_until is not None:
                pause = (result.waiting_until - self.time.now).total_seconds() + 0.001
                self.time.advance(pause)
                took += pause
            elif not result.kept and not self._waits_still():
                break
        return took

    def _waits_still(self) -> bool:
        queued = {found.id for found in self.spool.walk(State.QUEUED)}
        return bool(queued - {self.forbidden.id})

    def told_of_first(self, result: DrainResult | None) -> str:
        """Why the first report did not go, in this pass."""
        if result is None:
            return ""
        held = [*result.kept, *result.set_aside, *result.refused]
        found = [one.why for one in held if one.id == self.first.id]
        return (
            found[0].partition(" could not be used: ")[2] or found[0] if found else ""
        )


def at_bench(folder: Path, play) -> Observed:
    """Set a bench up and play."""
    with Receiver() as receiver, Receiver() as stranger:
        return observed(Bench(folder, receiver, stranger), play)


def observed(bench: Bench, play) -> Observed:
    """Let a fault happen, let it be over, and look."""
    result = play(bench)
    seen = Observed(
        said=bench.told_of_first(result),
        after=bench.state_of(bench.first),
        waits=round(bench.waits(), 1),
    )
    bench.receiver.replies.clear()
    seen.took = bench.until_all_went()
    seen.first, seen.second = map(bench.state_of, (bench.first, bench.second))
    stored = bench.receiver.stored
    seen.deliveries = stored[bench.first.id]
    taken = [r for r in bench.receiver.requests if r.event_id == bench.first.id]
    seen.without_minidump = bool(taken) and b"event.minidump" not in taken[-1].envelope
    seen.twice = bench.twice
    seen.lost = sum(
        bench.state_of(one) != "quarantine"
        and not (bench.state_of(one) == "sent" and stored[one.id])
        for one in (bench.first, bench.second)
    )
    carried = [*bench.receiver.requests, *bench.stranger.requests]
    seen.without_consent = sum(r.event_id == bench.forbidden.id for r in carried)
    seen.without_consent += bench.state_of(bench.forbidden) == "sent"
    seen.strangers = bench.stranger.connections
    return seen


def main() -> None:
    """Play the full disk in the folder that is named, which is a small one."""
    from tests.doubles.fault_plays import full_disk

    print(at_bench(Path(sys.argv[1]), full_disk).to_json())


if __name__ == "__main__":
    main()
