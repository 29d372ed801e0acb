"""As PID 1 of a container: signals arrive, a death is 128 + n, orphans are reaped."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.doubles import process_table
from tests.doubles.orphans import ENDS, leaves_orphans
from tests.doubles.requirement import require
from tests.doubles.target_program import run_to_end, running, supervised

pytestmark = pytest.mark.process

NAMESPACE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]


def as_pid_one(command: Sequence[str | Path]) -> list[str | Path]:
    require(shutil.which("unshare"), "unshare is missing", "apt-get install util-linux")
    trial = subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False)
    require(trial.returncode == 0, "no PID namespace can be made", "run as root")
    return [*NAMESPACE, *supervised(command, "--headless")]


@pytest.mark.parametrize(
    ("script", "fate"),
    [
        ("exit 0", "exit 0"),
        ("exit 7", "exit 7"),
        ("exit 255", "exit 255"),
        ("kill -TERM $$", "exit 143"),
        ("kill -KILL $$", "exit 137"),
        ("kill -SEGV $$", "exit 139"),
    ],
)
def test_exit_status(script: str, fate: str) -> None:
    ending = run_to_end(as_pid_one(["sh", "-c", script]))
    assert ending.fate == fate, ending.errors


@pytest.mark.ptrace
def test_a_crash_is_held_and_ends_with_139(programs: Path, tmp_path: Path) -> None:
    command: list[str | Path] = [sys.executable, programs / "null_read.py"]
    assert run_to_end(as_pid_one(command)).fate == "exit 139"
    assert list((tmp_path / "crashwatch-home" / "reports" / "pending").iterdir())


def test_orphans_are_reaped_while_it_runs() -> None:
    program = leaves_orphans(*[ENDS] * 5)
    ending = run_to_end(as_pid_one([sys.executable, "-c", program]))
    assert ending.output == b"5 orphans, 0 left\n"
    assert ending.fate == "exit 5"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_a_signal_to_pid_one_reaches_the_program(number: signal.Signals) -> None:
    """``docker stop`` signals PID 1, for which a default action does nothing."""
    script = "import signal; print('ready', flush=True); signal.pause()"
    plain = [sys.executable, "-c", f"import signal; {PYTHON_DEFAULTS}; {script}"]
    with running(as_pid_one(plain)) as program:
        program.wait_for_text("ready")
        (launcher,) = (
            row.pid for row in process_table.read_rows() if row.parent == program.pid
        )
        process_table.send(number, [launcher])
        assert program.wait_for_end().fate == f"exit {128 + number}"


PYTHON_DEFAULTS = "signal.signal(signal.SIGINT, signal.SIG_DFL)"
