"""Signals to be polled, with who sent each; in processes of their own."""

import subprocess
import sys

BLOCKED = """
import os, select, signal, sys
from crashwatch.linux.signal_descriptor import ReceivedSignal, SignalDescriptor
numbers = {signal.SIGUSR1, signal.SIGUSR2, 64}
signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
descriptor = SignalDescriptor({int(number) for number in numbers})
def readable():
    return select.select([descriptor], [], [], 0)[0] != []
me = os.getpid()
"""


def passes(code: str) -> None:
    """Run the code behind the preamble; its assertions must hold."""
    ended = subprocess.run(
        [sys.executable, "-c", BLOCKED + code], capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stderr.decode()


def test_a_signal_makes_it_readable_and_names_its_sender():
    passes("""
assert not readable()
os.kill(me, signal.SIGUSR1)
assert readable()
descriptor.collect()
(found,) = descriptor.waiting
assert (found.number, found.code, found.sender) == (signal.SIGUSR1, 0, me)
assert not readable()
""")


def test_all_that_wait_are_collected_more_than_one_read_takes():
    passes("""
for _ in range(40):
    os.kill(me, 64)
os.kill(me, signal.SIGUSR2)
descriptor.collect()
found = [each.number for each in descriptor.waiting]
assert sorted(found) == [signal.SIGUSR2] + [64] * 40, found
""")


def test_without_a_signal_collecting_neither_waits_nor_finds():
    passes("""
descriptor.collect()
assert not descriptor.waiting
""")


def test_what_was_left_waiting_stays_in_order():
    passes("""
os.kill(me, signal.SIGUSR1)
descriptor.collect()
os.kill(me, signal.SIGUSR2)
descriptor.collect()
assert [each.number for each in descriptor.waiting] == [10, 12]
""")


def test_signals_that_were_not_asked_for_are_left_alone():
    passes("""
signal.signal(signal.SIGALRM, signal.SIG_IGN)
os.kill(me, signal.SIGALRM)
assert not readable()
""")


def test_closed_it_leaves_the_signals_blocked():
    passes("""
descriptor.close()
os.kill(me, signal.SIGUSR1)
assert signal.SIGUSR1 in signal.sigpending()
""")
