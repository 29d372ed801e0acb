"""A supervised program ends as it would alone: same status, same output, as soon."""

import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from tests.doubles.processor_share import share_of_a_processor
from tests.doubles.target_program import Ending, run_to_end, supervised

pytestmark = [pytest.mark.process, pytest.mark.ptrace, pytest.mark.slow]

RUNS = 20
LATER_AT_MOST = 3.0
"""Seconds by which the median supervised run may end later: two Python starts, and
for a crash the capture. On a machine of which we get a part, as many times longer."""

WAYS = {
    "null_read": "SIGSEGV",
    "null_read_thread": "SIGSEGV",
    "abort": "SIGABRT",
    "uncaught": "exit 1",
    "exit7": "exit 7",
    "os_exit3": "exit 3",
    "kill9": "SIGKILL",
    "term": "SIGTERM",
    "stack_overflow": "SIGSEGV",
    "pytest": "SIGSEGV",
}
ADDRESS = re.compile(rb"0x[0-9a-f]{6,16}")
SECONDS = re.compile(rb"in \d+\.\d+s")


def command_of(way: str, programs: Path) -> list[str]:
    if way != "pytest":
        return [sys.executable, str(programs / f"{way}.py")]
    test = programs / "test_segfault_in_extension.py"
    options = ["-q", "-p", "no:cacheprovider", "--rootdir", str(programs)]
    return [sys.executable, "-m", "pytest", *options, str(test)]


def comparable(text: bytes) -> bytes:
    return SECONDS.sub(b"in 0s", ADDRESS.sub(b"0x", text))


def what_shows(ending: Ending) -> tuple[str, bytes, bytes]:
    return ending.fate, comparable(ending.output), comparable(ending.errors)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", WAYS)
def test_same_end_alone_and_supervised_twenty_times(
    way: str, programs: Path, tmp_path: Path
) -> None:
    command = command_of(way, programs)
    alone = [run_to_end(command, directory=tmp_path) for _ in range(RUNS)]
    assert {ending.fate for ending in alone} == {WAYS[way]}

    shares, watched = [], []
    for _ in range(RUNS):
        shares.append(share_of_a_processor())
        ending = run_to_end(supervised(command, "--headless"), directory=tmp_path)
        watched.append(ending)

    assert {what_shows(e) for e in watched} == {what_shows(e) for e in alone}
    later = median_seconds(watched) - median_seconds(alone)
    assert later * statistics.median(shares) < LATER_AT_MOST


def median_seconds(endings: list[Ending]) -> float:
    return statistics.median(ending.seconds for ending in endings)


def test_a_crash_in_a_thread_never_lets_main_run_on(
    programs: Path, each_python: object
) -> None:
    python = str(each_python.executable)  # type: ignore[attr-defined]
    command = [python, str(programs / "null_read_thread.py")]
    for _ in range(5):
        ending = run_to_end(supervised(command, "--headless"))
        assert ending.fate == "SIGSEGV"
        assert b"ran on" not in ending.output


def test_no_telemetry_becomes_the_program(programs: Path) -> None:
    show = "import os; print(os.getpid())"
    command = supervised([sys.executable, "-c", show], "--no-telemetry")
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    output, _ = process.communicate(timeout=30)
    assert int(output) == process.pid
