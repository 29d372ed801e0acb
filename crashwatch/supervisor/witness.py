"""A process that only logs signals, to tell a group's signal from one of ours.

Launcher and terminal share a process group. A signal sent to the group (``timeout``, a
shell's SIGHUP, ``kill 0``) reaches the terminal by itself; one sent to the launcher
alone must be passed on. The kernel tells the receiver who sent a signal, not to how
many. So a third member of the group, one page large, has every signal blocked, takes
them one by one and writes down each: what is in its log was sent to all.

The kernel walks a group from its newest member on, so the witness has the signal before
the launcher. To know that the log is complete we send it the highest real-time signal:
a process takes its pending signals lowest number first, so when that one is logged, all
that came before it are.

Reading the witness's pending signals in ``/proc`` instead does not work: they can only
be forgotten with the process, and what comes while it is replaced is lost.
"""

from __future__ import annotations

import os
import select
import signal
import struct
import time
from collections import Counter
from typing import TYPE_CHECKING

from crashwatch.supervisor.page_process import end_page
from crashwatch.supervisor.stopping import is_stopped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crashwatch.linux.signal_descriptor import ReceivedSignal

_MARK = signal.SIGRTMAX
_FIRST_QUEUED = 32
"""Signals from here on are queued; of the lower ones one at most is pending."""
_PATIENCE = 1.0
_MOMENT = 0.05


class Witness:
    """What the third member of the process group has seen.

    Attributes:
        pid: Its process; 0 when it is gone.
        log: Our end of the socket it writes to.
        seen_before: What it saw and we did not yet, as ``sort_out`` left it.
    """

    def __init__(self, pid: int, log: int, seen_before: Mapping[int, int]) -> None:
        self.pid = pid
        self.log = log
        self.seen_before = Counter(seen_before)
        self._seen: Counter[int] = Counter()

    def stop(self) -> None:
        """End it."""
        if self.pid:
            os.close(self.log)
            end_page(self.pid)
            self.pid = 0

    def catch_up(self) -> None:
        """Read its log up to this moment."""
        if not self.pid:
            return
        limit = time.monotonic() + _PATIENCE
        try:
            os.kill(self.pid, _MARK)
            while not self._read_one():
                if time.monotonic() > limit:
                    return
        except OSError:
            self.stop()

    def _read_one(self) -> bool:
        """Take one entry; True when it was our mark."""
        if not select.select([self.log], [], [], _MOMENT)[0]:
            if is_stopped(self.pid):
                # A SIGSTOP to the group, and a SIGCONT to the launcher alone.
                os.kill(self.pid, signal.SIGCONT)
            return False
        entry = os.read(self.log, 128)
        if not entry:
            raise ConnectionError
        number, _, _, _, sender = struct.unpack_from("=iiiii", entry)
        if sender == os.getpid():
            return bool(number == _MARK)
        self._seen[number] += 1
        return False

    def sort_out(
        self, batch: Sequence[ReceivedSignal], later: Sequence[ReceivedSignal]
    ) -> tuple[list[ReceivedSignal], list[ReceivedSignal]]:
        """Those of ``batch`` that came to us alone; those of ``later`` not yet known.

        ``catch_up`` must lie between the two. What the witness saw and we did not yet
        is remembered until the next call, no longer.
        """
        alone, undecided, left = sort_out(batch, later, self._seen + self.seen_before)
        self.seen_before = Counter({n: min(left[n], self._seen[n]) for n in left})
        self._seen = Counter()
        return alone, undecided


def sort_out(
    batch: Sequence[ReceivedSignal],
    later: Sequence[ReceivedSignal],
    seen: Counter[int],
) -> tuple[list[ReceivedSignal], list[ReceivedSignal], Counter[int]]:
    """Count signals off against those that were ``seen`` (number to count).

    Returns:
        Those of ``batch`` that were not seen; those of ``later`` that were not seen
        yet; what is left of ``seen``. There nothing is left of a signal that can have
        been merged with one of ours: only one of it waits for a process at a time.
    """
    left = Counter(seen)
    alone = [received for received in batch if not _count_off(received, left)]
    undecided = [received for received in later if not _count_off(received, left)]
    merged = {received.number for received in (*batch, *later)}
    for number in merged & set(range(_FIRST_QUEUED)):
        left.pop(number, None)
    return alone, undecided, +left


def _count_off(received: ReceivedSignal, left: Counter[int]) -> bool:
    if left[received.number] <= 0:
        return False
    left[received.number] -= 1
    return True
