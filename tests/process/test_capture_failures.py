"""One part of the capture fails: a report of what is left, and the program's own death.

Each system call of the snapshot fails in turn in ``test_snapshot_faults``; here whole
parts of a real supervisor do.
"""

import json
import sys
from pathlib import Path

import pytest

from tests.doubles.sabotaged_supervisor import sabotaged
from tests.doubles.target_program import run_to_end

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

READING = "crashwatch.supervisor.frozen_reading"
LINUX = "crashwatch.linux"

FAILURES = {
    "no directory of the process": (f"{LINUX}.proc_directory.ProcDirectory", "EPERM"),
    "none of its files": (f"{LINUX}.proc_directory.ProcDirectory.read", "EIO"),
    "half of its files": (f"{LINUX}.proc_directory.ProcDirectory.read", "short"),
    "none of its memory": (f"{LINUX}.proc_directory.ProcDirectory.read_memory", "EIO"),
    "half of its memory": (
        f"{LINUX}.proc_directory.ProcDirectory.read_memory",
        "short",
    ),
    "no registers": (f"{LINUX}.ptrace.getregset", "ESRCH"),
    "half the registers": (f"{LINUX}.ptrace.getregset", "short"),
    "no py-spy": (f"{READING}.PySpyDump.start", "ENOENT"),
    "no psutil": (f"{READING}.process_facts", "EPERM"),
    "no sanitizer": ("crashwatch.supervisor.evidence_of.sanitize", "EIO"),
}
WITHOUT_A_DUMP = {"no directory of the process", "none of its files", "no sanitizer"}
"""Without a file that says whose directory it is, it is not believed."""


@pytest.mark.parametrize("what", FAILURES)
def test_a_report_is_left_and_the_fate_is_its_own(what: str, tmp_path: Path) -> None:
    folder = tmp_path / "artifacts"
    program = [sys.executable, "-c", "import ctypes; ctypes.string_at(0)"]
    options = ["run", "--resident", "--headless", f"--artifacts={folder}", "--"]
    ending = run_to_end(sabotaged(*FAILURES[what], *options, *program))
    assert ending.fate == "SIGSEGV"
    assert b"Traceback" not in ending.errors
    report = json.loads((folder / "report.json").read_text())
    assert report["reason"]["signal"] == "SIGSEGV"
    assert report["capture"]["soft_errors"] != []
    assert (folder / "crash.dmp").exists() == (what not in WITHOUT_A_DUMP)


@pytest.mark.parametrize("step", ["drain", "announced_signal", "wait_for_text"])
def test_a_fault_of_our_own_while_it_is_held_lets_it_die(step: str) -> None:
    """Stopped, it would stand for ever: nobody else continues it."""
    program = [sys.executable, "-c", "import ctypes; ctypes.string_at(0)"]
    words = ["run", "--resident", "--headless", "--", *program]
    function = f"crashwatch.supervisor.held.{step}"
    ending = run_to_end(sabotaged(function, "RuntimeError", *words))
    assert ending.fate == "SIGSEGV"
    (line,) = ending.errors.decode().splitlines()
    assert line == "crashwatch: no report can be made (RuntimeError: sabotage)"
