"""Whatever of ours fails once the program has ended, the launcher ends as it did."""

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.doubles.command_line import environment
from tests.doubles.failing_after_the_end import ends_of_copies, sabotage
from tests.doubles.installed_copy import installed_copy
from tests.doubles.target_program import CORE_DUMPED, run_to_end

pytestmark = [pytest.mark.process, pytest.mark.slow]

EXITS = ["sh", "-c", "exit 7"]
KILLED = ["sh", "-c", "sleep 0.3; kill -TERM $$"]
PYTHON = [sys.executable, "-c", "import time; time.sleep(0.3); raise SystemExit(7)"]
CRASHES = [sys.executable, "-c", "import ctypes; ctypes.string_at(0)"]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """crashwatch, installed where it can be spoilt."""
    return installed_copy(tmp_path / "installed")


def only_here(folder: Path) -> dict[str, str]:
    packages = [path for path in sys.path if path.endswith("site-packages")]
    return environment(PYTHONPATH=os.pathsep.join([str(folder), *packages]))


@pytest.mark.parametrize(
    ("command", "options", "fate", "failure"),
    [
        (EXITS, (), "exit 7", "SystemExit"),
        (EXITS, ("--artifacts=left",), "exit 7", "RuntimeError"),
        (KILLED, (), "SIGTERM", "RuntimeError"),
        (PYTHON, ("--follow-children",), "exit 7", "RuntimeError"),
        (CRASHES, (), "SIGSEGV", "RuntimeError"),
        (CRASHES, ("--capture=trace",), "SIGSEGV", "MemoryError"),
    ],
)
def test_each_step_after_the_end_may_fail(
    command: list[str],
    options: tuple[str, ...],
    fate: str,
    failure: str,
    copy: Path,
    tmp_path: Path,
) -> None:
    log = tmp_path / "ends"
    sabotage(copy, log, failure)
    words = [sys.executable, "-m", "crashwatch", "run", "--headless", *options, "--"]
    ending = run_to_end(
        [*words, *command], environment=only_here(copy), directory=tmp_path
    )
    assert ending.fate == fate
    ends = ends_of_copies(log)
    assert len(ends) > 5, ends
    wanted = 7 << 8 if fate == "exit 7" else signal.Signals[fate]
    wrong = {at: end for at, end in ends.items() if end & ~CORE_DUMPED != wanted}
    assert wrong == {}
