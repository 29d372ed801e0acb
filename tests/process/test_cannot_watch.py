"""What a watch needs is not to be had: the program runs all the same, and ends as it
does alone; one line says why there will be no report."""

import itertools
import os
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from tests.doubles import refused_calls
from tests.doubles.kept_reports import only_report
from tests.doubles.nobody import as_nobody
from tests.doubles.requirement import require
from tests.doubles.target_program import Ending, run_to_end, supervised

pytestmark = pytest.mark.process

NULL_READ = [sys.executable, "-c", "import ctypes; ctypes.string_at(0)"]
SURELY_TOO_FEW = 10
USERS = itertools.count(100_000 + 100 * os.getpid())
"""The limit counts all processes of a user, those too that nobody collected yet."""
ENDS_ITSELF = [sys.executable, "-c", "print('it ran'); raise SystemExit(7)"]


def complaints(ending: Ending) -> list[str]:
    return ending.errors.decode().splitlines()


@pytest.mark.parametrize("options", [(), ("--resident",), ("--capture=trace",)])
@pytest.mark.parametrize("allowed", [10, 11, 12])
def test_where_open_files_run_out_half_way_the_program_runs_unwatched(
    allowed: int, options: tuple[str, ...]
) -> None:
    command = shlex.join(map(str, supervised(NULL_READ, *options)))
    ending = run_to_end(["bash", "-c", f"ulimit -n {allowed}; exec {command}"])
    assert ending.fate == "SIGSEGV"
    said = "crashwatch: too few open files are allowed (ulimit -n); it runs unwatched"
    assert complaints(ending) in ([said], [] if allowed > SURELY_TOO_FEW else [said])


@pytest.mark.parametrize("allowed", [1, 2])
def test_where_no_process_can_be_started_the_program_runs_unwatched(
    allowed: int,
) -> None:
    ending = run_to_end(limited_to(allowed, ENDS_ITSELF))
    assert (ending.fate, ending.output) == ("exit 7", b"it ran\n")
    assert complaints(ending) == [
        "crashwatch: no more processes are allowed (ulimit -u); it runs unwatched"
    ]


def test_without_a_process_for_the_guard_the_program_is_watched() -> None:
    ending = run_to_end(limited_to(3, ENDS_ITSELF))
    assert (ending.fate, ending.output) == ("exit 7", b"it ran\n")
    assert complaints(ending) == []


NEEDED = ["pidfd_open", "pidfd_send_signal", "signalfd4"]
NEEDED += ["poll", "ioctl", "wait4", "waitid"]


@pytest.mark.parametrize("call", NEEDED)
@pytest.mark.parametrize(
    ("command", "fate"), [(NULL_READ, "SIGSEGV"), (ENDS_ITSELF, "exit 7")]
)
def test_where_a_call_is_refused_the_program_runs_unwatched(
    call: str, command: list[str], fate: str
) -> None:
    under = [sys.executable, refused_calls.__file__, call]
    ending = run_to_end([*under, *supervised(command)])
    assert ending.fate == fate
    (line,) = complaints(ending)
    assert line.startswith("crashwatch: this system refuses what a watch needs (")
    assert line.endswith("); it runs unwatched")


@pytest.mark.ptrace
def test_without_prctl_nothing_is_read_and_the_fate_is_kept(
    crashwatch_home: Path,
) -> None:
    under = [sys.executable, refused_calls.__file__, "prctl"]
    ending = run_to_end([*under, *supervised(NULL_READ)])
    assert (ending.fate, complaints(ending)) == ("SIGSEGV", [])
    capture = only_report(crashwatch_home)["capture"]
    assert "ptrace" not in capture["sources"]


def limited_to(processes: int, command: list[str]) -> list[str | Path]:
    """Under crashwatch, as somebody who may run so many processes and not one more."""
    require(shutil.which("prlimit"), "prlimit is missing", "apt-get install util-linux")
    limit = ["prlimit", f"--nproc={processes}"]
    return as_nobody([*limit, *supervised(command)], next(USERS))


@pytest.mark.parametrize("options", [(), ("--fail-on-crash=9",)])
def test_a_short_program_without_python_may_have_its_children_followed(
    options: tuple[str, ...],
) -> None:
    ending = run_to_end(
        supervised(["sh", "-c", "exit 3"], "--follow-children", *options)
    )
    assert (ending.fate, complaints(ending)) == ("exit 3", [])
