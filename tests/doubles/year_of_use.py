"""A machine used every day: counts, crashes, days without network, pulled plugs.

Run as a program, in a process of its own so that it may fork: ``python -m
tests.doubles.year_of_use HOME PORT DAYS SEED``. Each step (something is agreed to; the
uploader runs) is a forked process with the real spool and the real uploader, on a clock
that is told; some are killed at a moment that chance chooses. It prints a line for each
day when it is over, and at the end what was agreed to.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final

from reports.home import open_home
from reports.lifecycle import State
from reports.rights.upkeep import tidy
from reports.spool.directory import Spool
from reports.spool.retention import Limits as Kept
from reports.upload.clock import Clock
from reports.upload.drain import Manners, drain
from reports.upload.dsn import parse_dsn
from reports.upload.wire import Limits, Network
from tests.doubles.local_receiver import KEY
from tests.doubles.sample_payload import digests, sample_payload

if TYPE_CHECKING:
    from collections.abc import Callable

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
OFFLINE: Final = 0.10
CRASH: Final = 0.05
PULLED_PLUG: Final = 0.1
LONGEST_LIFE: Final = 11
"""A process that is to be killed lives until one of Python's audit events (a file that
is opened or renamed, a connection, a module loaded) up to the 2**11th; most steps have
fewer. A moment of the clock finds one machine in the middle of each step and another in
none."""

HOURS: Final = (8, 13, 19)
"""When the uploader is started: a terminal's start, and the timer."""

YES: Final = SimpleNamespace(allowed=True, reason="granted")


@dataclass
class Machine:
    """One person's machine, and all chance in one place."""

    home: Path
    port: int
    chance: random.Random
    now: datetime = START
    agreed: dict[str, str] = field(default_factory=dict)
    killed: int = 0

    def day(self) -> None:
        """Live through one day."""
        midnight = self.now
        is_offline = self.chance.random() < OFFLINE
        for hour in HOURS:
            self.now = midnight + timedelta(
                hours=hour, minutes=self.chance.randrange(59)
            )
            if hour == HOURS[0]:
                self._step(self._upkeep)
                for category in ("usage", "performance", "features", "plugins"):
                    self._agree(category, "always", None)
            if self.chance.random() < CRASH / len(HOURS):
                self._agree("crash", "prompt", self.chance.randbytes(4600))
            port = 1 if is_offline else self.port
            self._step(lambda port=port: self._upload(port))
        self.now = midnight + timedelta(days=1)

    def _upkeep(self) -> None:
        days = [timedelta(days=number) for number in (90, 1095)]
        tidy(self._spool(), Kept(), counters=days[0], log=days[1])

    def jump(self, days: int) -> None:
        """The clock is wrong for one pass of the uploader."""
        self.now += timedelta(days=days)
        self._step(lambda: self._upload(self.port))
        self.now -= timedelta(days=days)

    def _agree(self, category: str, how: str, dump: bytes | None) -> None:
        created = self.now.isoformat().replace("+00:00", "Z")
        # What compresses badly, to be no smaller than the real thing.
        padding = self.chance.randbytes(120).hex()
        payload = sample_payload(
            f"{self.chance.getrandbits(128):032x}",
            category=category,
            created=created,
            minidump=dump,
            padding=padding,
        )

        def act() -> None:
            spool = self._spool()
            spool.add(payload)
            spool.approve(payload.id, digests(payload), how=how)

        if self._step(act):
            self.agreed[payload.id] = category

    def _upload(self, port: int) -> None:
        drain(
            self._spool(),
            parse_dsn(f"http://{KEY}@127.0.0.1:{port}/1"),
            lambda _question: YES,
            network=Network(limits=Limits(5, 5, 10, 1e9)),
            clock=Clock(lambda: self.now),
            manners=Manners(fraction=self.chance.random),
        )

    def _spool(self) -> Spool:
        return Spool(open_home(self.home), now=lambda: self.now)

    def _step(self, act: Callable[[], None]) -> bool:
        """Do something in a process of its own; False where it was cut short."""
        is_doomed = self.chance.random() < PULLED_PLUG
        life = int(2 ** self.chance.uniform(0, LONGEST_LIFE))
        self.chance.seed(self.chance.random())  # what the child draws is not ours
        child = os.fork()
        if child == 0:
            status = 1
            try:
                if is_doomed:
                    _die_at(life)
                act()
                status = 0
            finally:
                os._exit(status)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            self.killed += 1
            return False
        if status:
            raise RuntimeError("a step failed")
        return True


def _die_at(event: int) -> None:
    """Have this process killed just before so many events."""
    left = event

    def count(_event: str, _arguments: tuple[object, ...]) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def main() -> None:
    """Live so many days."""
    home, port, days, seed = sys.argv[1:]
    machine = Machine(Path(home), int(port), random.Random(int(seed)))
    for day in range(int(days)):
        machine.day()
        if day % 120 == 60:
            machine.jump(365 if day % 240 == 60 else -365)
        print("day", day, flush=True)
        sys.stdin.readline()
    spool = Spool(open_home(Path(home)), now=lambda: machine.now)
    queued = [report.id for report in spool.list_reports(State.QUEUED)]
    told = {"agreed": machine.agreed, "killed": machine.killed, "queued": queued}
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
