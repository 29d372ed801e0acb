"""What came of a simulated year: run it beside a receiver, and count."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.doubles.local_receiver import Receiver

if TYPE_CHECKING:
    from pathlib import Path

HEAD_BYTES = 450


@dataclass(frozen=True)
class Year:
    """What was agreed to, what came of it, and how much went over the wire each day.

    Attributes:
        agreed: Id and category of what was durably agreed to.
        stored: Ids that the receiver has.
        repeats: How often one came that it had.
        waiting: Ids still queued.
        killed: Steps cut short.
        wire_bytes: A number for each day.
    """

    agreed: dict[str, str]
    stored: frozenset[str]
    repeats: int
    waiting: frozenset[str]
    killed: int
    wire_bytes: tuple[int, ...]

    @property
    def lost(self) -> set[str]:
        """Agreed to, not stored, and not waiting either."""
        return set(self.agreed) - self.stored - self.waiting

    def percentile(self, part: float) -> int:
        """Bytes on the wire that so great a part of the days stays within."""
        ordered = sorted(self.wire_bytes)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def live(home: Path, days: int, seed: int) -> Year:
    """Run a machine for so many days beside a receiver of its own."""
    with Receiver() as receiver:
        command = [sys.executable, "-m", "tests.doubles.year_of_use"]
        command += [str(home), str(receiver.port), str(days), str(seed)]
        wire = []
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as machine:
            assert machine.stdin is not None
            assert machine.stdout is not None
            before = 0
            for _ in range(days):
                assert machine.stdout.readline().startswith("day"), "it failed"
                so_far = receiver.received_bytes + HEAD_BYTES * len(receiver.requests)
                wire.append(so_far - before)
                before = so_far
                machine.stdin.write("\n")
                machine.stdin.flush()
            told = json.loads(machine.stdout.readline())
        return Year(
            agreed=told["agreed"],
            stored=frozenset(receiver.stored),
            repeats=sum(receiver.stored.values()) - len(receiver.stored),
            waiting=frozenset(told["queued"]),
            killed=told["killed"],
            wire_bytes=tuple(wire),
        )
