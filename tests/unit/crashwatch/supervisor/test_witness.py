"""Which signals came to the launcher alone, told from the witness's log."""

import signal
from collections import Counter

import pytest

from crashwatch.linux.signal_descriptor import ReceivedSignal
from crashwatch.supervisor.witness import sort_out

USR1, USR2, QUEUED = signal.SIGUSR1, signal.SIGUSR2, signal.SIGRTMIN


def events(*numbers: int) -> list[ReceivedSignal]:
    return [ReceivedSignal(number, 0, 77) for number in numbers]


@pytest.mark.parametrize(
    ("batch", "later", "seen", "alone", "undecided", "left"),
    [
        ([USR1], [], [], [USR1], [], {}),
        ([USR1], [], [USR1], [], [], {}),
        ([USR1, USR2], [], [USR2], [USR1], [], {}),
        # Merged here, not there: nothing is left that would hide a later one.
        ([USR1], [], [USR1, USR1], [], [], {}),
        # The second came before the log was read, and to us a moment after.
        ([USR1], [USR1], [USR1, USR1], [], [], {}),
        # One to the group, then one to us alone: that one is looked at again.
        ([USR1], [USR1], [USR1], [], [USR1], {}),
        # Sent to all, and not yet here: remembered.
        ([USR1], [], [USR1, USR2], [], [], {USR2: 1}),
        ([QUEUED, QUEUED], [], [QUEUED], [QUEUED], [], {}),
        ([QUEUED], [], [QUEUED, QUEUED], [], [], {QUEUED: 1}),
    ],
)
def test_sort_out(
    batch: list[int],
    later: list[int],
    seen: list[int],
    alone: list[int],
    undecided: list[int],
    left: dict[int, int],
) -> None:
    got = sort_out(events(*batch), events(*later), Counter(seen))
    assert [received.number for received in got[0]] == alone
    assert [received.number for received in got[1]] == undecided
    assert dict(got[2]) == left
