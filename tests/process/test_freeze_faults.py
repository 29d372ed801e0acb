"""Each call of hold and tracer fails in turn: the fate is the same, a report is left.

The last of each kind of call, by default; every one with every errno where
``ALL_FAULTS`` is set (some 160 runs).
"""

import os
import sys
from pathlib import Path

import pytest

from tests.doubles.kept_reports import kept_reports
from tests.doubles.target_program import Ending, run_to_end

pytestmark = [pytest.mark.process, pytest.mark.ptrace, pytest.mark.slow]

ALL = bool(os.environ.get("ALL_FAULTS"))
ERRNOS = ("EPERM", "ESRCH", "EIO")
KINDS = {"SEIZE", "INTERRUPT", "CONT", "DETACH", "waitpid", "wait4", "GETEVENTMSG"}
LONGEST = 60.0
"""Seconds; a process that is left standing would take for ever."""


def run_failing(
    method: str, number: int, failure: str, programs: Path, folder: Path
) -> tuple[Ending, list[str], list[dict[str, object]]]:
    home = folder / f"home-{number}-{failure}"
    log = folder / f"log-{number}-{failure}"
    command = [sys.executable, "-m", "tests.doubles.failing_calls", log]
    # Resident: a sleeping supervisor wakes as a new process, without the failure.
    command += [str(number), failure, "run", "--headless", "--resident"]
    command += ["--capture", method, "--"]
    command += [sys.executable, str(programs / "null_read_thread.py")]
    environment = {
        **os.environ,
        "CRASHWATCH_HOME": str(home),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    ending = run_to_end(command, environment=environment, deadline=LONGEST)
    return ending, log.read_text(encoding="ascii").split(), kept_reports(home)


def plan(calls: list[str]) -> list[tuple[int, str]]:
    """Which calls fail with what."""
    if ALL:
        return [(number, failure) for number in range(len(calls)) for failure in ERRNOS]
    numbers = {name: number for number, name in enumerate(calls) if name in KINDS}
    failing = [(number, ERRNOS[number % 3]) for number in sorted(numbers.values())]
    # ESRCH of a thread that is still there: it must not be taken for dead.
    return [(calls.index("CONT"), "ESRCH"), *failing]


@pytest.mark.parametrize("method", ["hold", "trace"])
@pytest.mark.timeout(900)
def test_any_call_may_fail(method: str, programs: Path, tmp_path: Path) -> None:
    whole, calls, reports = run_failing(method, -1, "EIO", programs, tmp_path)
    assert whole.fate == "SIGSEGV"
    assert reports[0]["minidump_bytes"]
    assert {"SEIZE", "CONT", "wait4" if method == "hold" else "waitpid"} <= set(calls)
    without_dump = 0
    for number, failure in plan(calls):
        ending, _, reports = run_failing(method, number, failure, programs, tmp_path)
        what = (number, calls[number], failure, ending)
        assert (ending.fate, ending.output) == (whole.fate, whole.output), what
        assert len(reports) == 1, what
        without_dump += "minidump_bytes" not in reports[0]
    print(f"{method}: {len(calls)} calls, {len(plan(calls))} runs, ", end="")
    print(f"{without_dump} without a minidump")
