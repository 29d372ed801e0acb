"""What a traced thread's wait status says; the rest needs real processes."""

import signal

import pytest

from crashwatch.linux.tracer import Stop, stop_of

STOPPED = 0x7F
EVENT_STOP = 128


def status(number: int, event: int = 0) -> int:
    """As ptrace(2) lays it out: event, signal, 0x7f."""
    return event << 16 | number << 8 | STOPPED


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (status(signal.SIGSEGV), Stop.SIGNAL),
        (status(signal.SIGSTOP), Stop.SIGNAL),
        (status(signal.SIGTRAP), Stop.SIGNAL),
        (status(64), Stop.SIGNAL),
        (status(signal.SIGSTOP, EVENT_STOP), Stop.GROUP),
        (status(signal.SIGTSTP, EVENT_STOP), Stop.GROUP),
        (status(signal.SIGTTIN, EVENT_STOP), Stop.GROUP),
        (status(signal.SIGTTOU, EVENT_STOP), Stop.GROUP),
        (status(signal.SIGTRAP, EVENT_STOP), Stop.TRAP),
        (status(signal.SIGTRAP, 3), Stop.CLONE),
        (status(signal.SIGTRAP, 4), Stop.EXEC),
        (status(signal.SIGTRAP, 6), Stop.EXIT),
        (status(signal.SIGTRAP, 99), Stop.TRAP),
        (7 << 8, Stop.ENDED),
        (signal.SIGSEGV | 0x80, Stop.ENDED),
    ],
)
def test_each_wait_status_is_told_apart(raw: int, kind: Stop) -> None:
    assert stop_of(raw) is kind
