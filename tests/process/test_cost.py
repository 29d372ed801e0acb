"""What being watched costs while nothing happens: processor time and memory."""

import os
import statistics
import sys
from pathlib import Path

import pytest

from tests.doubles.sleeping_launcher import wait_until_asleep
from tests.doubles.target_program import run_to_end, running, supervised

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

IDLE = """
import time
print("ready", flush=True)
input()
time.sleep(2)
print("two seconds later", flush=True)
input()
"""

HOW_LARGE = """
rows = open("/proc/self/smaps_rollup").read().splitlines()
print(sum(int(row.split()[1]) for row in rows if row.startswith("Private")))
"""


def seconds_run(pid: int) -> float:
    """Time on a processor in all; /proc/PID/schedstat counts nanoseconds."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def private_kib(command: list[str]) -> float:
    sizes = [int(run_to_end(command).output) for _ in range(5)]
    return statistics.median(sizes)


def test_an_idle_terminal_costs_the_launcher_no_time() -> None:
    command = supervised([sys.executable, "-c", IDLE], "--headless")
    with running(command, on_terminal=True) as program:
        program.wait_for_text("ready")
        wait_until_asleep(program)
        before = seconds_run(program.pid)
        program.send_keys("\n")
        program.wait_for_text("two seconds later")
        assert seconds_run(program.pid) - before < 0.001 * 2


@pytest.mark.skipif(
    os.uname().machine not in {"x86_64", "aarch64"}, reason="no sleeper"
)
def test_the_sleeping_launcher_takes_less_than_a_megabyte() -> None:
    command = supervised([sys.executable, "-c", IDLE], "--headless")
    with running(command, on_terminal=True) as program:
        program.wait_for_text("ready")
        wait_until_asleep(program)
        rows = Path(f"/proc/{program.pid}/smaps_rollup").read_text().splitlines()
        (resident,) = [int(row.split()[1]) for row in rows if row.startswith("Rss:")]
        assert resident < 1024


def test_the_client_takes_less_than_a_megabyte_of_the_terminal() -> None:
    bare = [sys.executable, "-c", HOW_LARGE]
    watched = [str(word) for word in supervised(bare, "--headless")]
    assert private_kib(watched) - private_kib(bare) < 1024
