"""Containers: no home, no Yama, no ptrace, PID 1. What is missing is said, and the
program ends as it would anywhere."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.doubles import refused_calls
from tests.doubles.kept_reports import only_report
from tests.doubles.nobody import as_nobody
from tests.doubles.orphans import CRASHES, ENDS, leaves_orphans
from tests.doubles.requirement import require
from tests.doubles.target_program import run_to_end, supervised

pytestmark = pytest.mark.process

NULL_READ = [sys.executable, "-c", "import ctypes; ctypes.string_at(0)"]
IN_A_CHILD = [
    sys.executable,
    "-c",
    """
import ctypes, os
if os.fork() == 0:
    ctypes.string_at(0)
print(os.waitstatus_to_exitcode(os.wait()[1]))
""",
]
NO_TRACING = "ptrace,process_vm_readv"
UNTRACED = [sys.executable, refused_calls.__file__, NO_TRACING]
FILES = {"report.json", "crash.dmp", "report.md", "junit.xml", "run.json"}


def without_home(**variables: str) -> dict[str, str]:
    """An environment that tells of no home but what is given."""
    gone = ("HOME", "XDG_STATE_HOME", "CRASHWATCH_HOME")
    kept = {name: text for name, text in os.environ.items() if name not in gone}
    return {**kept, "PYTHONPATH": str(Path(__file__).parents[2]), **variables}


@pytest.mark.ptrace
@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({}, b"there is no home directory to keep reports in"),
        (
            {"HOME": "/etc/passwd"},
            b"/etc/passwd/.local/state/crashwatch cannot be made",
        ),
    ],
    ids=["unset", "cannot be made"],
)
def test_without_a_home_the_artifacts_are_there(
    variables: dict[str, str], why: bytes, tmp_path: Path
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    show = [sys.executable, "-c", "import os; print(os.environ.get('CRASHWATCH_HOME'))"]
    folder = f"--artifacts={tmp_path / 'artifacts'}"
    environment = without_home(TMPDIR=str(temporary), **variables)
    ending = run_to_end(
        supervised(NULL_READ, "--headless", folder), environment=environment
    )
    assert ending.fate == "SIGSEGV"
    assert why in ending.errors
    assert {path.name for path in (tmp_path / "artifacts").iterdir()} >= FILES
    shown = run_to_end(supervised(show, "--headless", folder), environment=environment)
    assert shown.output == b"None\n"
    assert list(temporary.iterdir()) == []


@pytest.mark.ptrace
def test_a_user_that_the_machine_does_not_know(tmp_path: Path) -> None:
    folder = tmp_path / "artifacts"
    folder.mkdir()
    folder.chmod(0o777)
    for above in folder.parents[:3]:
        above.chmod(0o755)
    command = supervised(NULL_READ, "--headless", f"--artifacts={folder}")
    ending = run_to_end(as_nobody(command), environment=without_home())
    assert ending.fate == "SIGSEGV", ending.errors
    assert {path.name for path in folder.iterdir()} >= FILES, ending.errors


def test_a_home_that_cannot_be_trusted_is_not_replaced(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.symlink_to(tmp_path)
    folder = tmp_path / "artifacts"
    command = supervised(["true"], "--headless", f"--artifacts={folder}")
    environment = without_home(CRASHWATCH_HOME=str(home))
    ending = run_to_end(command, environment=environment)
    assert ending.fate == "exit 0"
    assert b"is a symbolic link; the program runs unwatched" in ending.errors
    assert not folder.exists()


def in_mounts(script: str, command: Sequence[str | Path]) -> list[str | Path]:
    """Run a command where ``script`` has mounted something."""
    require(shutil.which("unshare"), "unshare is missing", "apt-get install util-linux")
    own = ["unshare", "--mount", "--", "sh", "-c", f'{script}\nexec "$0" "$@"']
    trial = subprocess.run([*own, "true"], capture_output=True, check=False)
    require(trial.returncode == 0, "nothing may be mounted", "run as root")
    return [*own, *command]


NO_YAMA = "[ ! -e /proc/sys/kernel/yama ] || mount -t tmpfs none /proc/sys/kernel/yama"
YAMA_ONE = (
    "mount -t tmpfs none /proc/sys/kernel && mkdir /proc/sys/kernel/yama"
    " && echo 1 >/proc/sys/kernel/yama/ptrace_scope"
)
"""What is written there changes nothing in the kernel: who looks believes it."""


@pytest.mark.ptrace
@pytest.mark.parametrize("script", [NO_YAMA, YAMA_ONE], ids=["none", "scope 1"])
def test_with_and_without_yama(script: str, crashwatch_home: Path) -> None:
    command = supervised(IN_A_CHILD, "--headless", "--follow-children")
    ending = run_to_end(in_mounts(script, command))
    assert (ending.fate, ending.output) == ("exit 0", b"-11\n"), ending.errors
    report = only_report(crashwatch_home)
    assert {"ptrace", "py-spy"} <= set(report["capture"]["sources"])


@pytest.mark.parametrize("command", [NULL_READ, IN_A_CHILD], ids=["itself", "a child"])
def test_where_tracing_is_refused(command: list[str], crashwatch_home: Path) -> None:
    alone = run_to_end(command)
    watched = supervised(command, "--headless", "--follow-children")
    ending = run_to_end([*UNTRACED, *watched])
    assert (ending.fate, ending.output) == (alone.fate, alone.output), ending.errors
    report = only_report(crashwatch_home)
    assert report["reason"] == {"kind": "signal", "signal": "SIGSEGV"}
    capture = report["capture"]
    assert capture["soft_errors"] == ["freeze: Operation not permitted"]
    assert {"client", "psutil", "faulthandler"} <= set(capture["sources"])
    assert report["process"]["thread_count"] == 1
    assert report["process"]["resident_bytes"] > 1_000_000
    assert ("wait4" in capture["sources"]) == (command == NULL_READ)
    assert report["threads"][0]["frames"][0]["function"] == "string_at"
    assert not report.get("minidump_bytes")


def test_the_doctor_says_where_tracing_is_refused() -> None:
    """``python -m crashwatch`` is the doctor's way to its own rehearsals too."""
    doctor = [*UNTRACED, sys.executable, "-m", "crashwatch", "doctor", "--json"]
    ending = run_to_end(doctor)
    assert ending.fate == "exit 1"
    works = {row["name"]: row["works"] for row in json.loads(ending.output)}
    assert works["faulthandler"]
    assert works["psutil"]
    assert works["fate"]
    assert not works["ptrace"]
    assert not works["trace"]


@pytest.mark.ptrace
def test_the_doctor_says_where_no_home_can_be_made() -> None:
    doctor = [sys.executable, "-m", "crashwatch", "doctor", "--json"]
    environment = without_home(CRASHWATCH_HOME="/usr/none")
    ending = run_to_end(as_nobody(doctor), environment=environment)
    assert ending.fate == "exit 1", ending.errors
    checks = json.loads(ending.output)
    (missing,) = [check for check in checks if not check["works"]]
    assert missing["name"] == "settings"
    assert missing["found"] == "/usr/none cannot be made"
    assert "--artifacts" in missing["note"]


CONTAINER = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]


@pytest.mark.ptrace
def test_all_of_it_as_pid_one(tmp_path: Path) -> None:
    """As a container starts it, without a home: of two orphans one crashes."""
    require(shutil.which("unshare"), "unshare is missing", "apt-get install util-linux")
    trial = subprocess.run([*CONTAINER, "true"], capture_output=True, check=False)
    require(trial.returncode == 0, "no PID namespace can be made", "run as root")
    folder = tmp_path / "artifacts"
    options = ["--headless", "--follow-children", f"--artifacts={folder}"]
    command = supervised(
        [sys.executable, "-c", leaves_orphans(CRASHES, ENDS)], *options
    )
    ending = run_to_end([*CONTAINER, *command], environment=without_home())
    assert (ending.fate, ending.output) == ("exit 5", b"2 orphans, 0 left\n"), (
        ending.errors
    )
    report = json.loads((folder / "report.json").read_text())
    assert report["reason"]["signal"] == "SIGSEGV"
    assert report["child_of"]
    assert {"ptrace", "py-spy"} <= set(report["capture"]["sources"])
