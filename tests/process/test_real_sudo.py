"""Under sudo itself: the same end, and commands that reach what root keeps."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.doubles.requirement import require
from tests.doubles.target_program import run_to_end

pytestmark = pytest.mark.process

CALLED_BY_MIRA = "54321"


def under_sudo(script: str) -> list[str]:
    require(shutil.which("sudo"), "sudo is missing", "apt-get install sudo")
    require(os.geteuid() == 0, "not root", "run the tests as root")
    kept = f"CRASHWATCH_HOME={os.environ['CRASHWATCH_HOME']}"
    ours = [sys.executable, "-m", "crashwatch", "run", "--headless", "--"]
    return ["sudo", "-n", kept, *ours, "sh", "-c", script]


@pytest.mark.parametrize(
    ("script", "fate"), [("exit 7", "exit 7"), ("kill -TERM $$", "SIGTERM")]
)
def test_sudo_sees_how_the_program_ended(script: str, fate: str) -> None:
    ending = run_to_end(under_sudo(script), directory=Path(__file__).parents[2])
    assert (ending.fate, ending.errors) == (fate, b"")


def test_a_signal_to_the_launcher_reaches_the_program_once() -> None:
    script = "trap 'echo told; exit 3' TERM; kill -TERM $PPID; "
    script += "while :; do sleep 0.05; done"
    ending = run_to_end(under_sudo(script), directory=Path(__file__).parents[2])
    assert (ending.fate, ending.output) == ("exit 3", b"told\n")


@pytest.mark.parametrize(
    ("caller", "begins"), [(CALLED_BY_MIRA, "sudo crashwatch"), ("0", "crashwatch")]
)
def test_the_commands_named_are_those_that_reach_it(
    caller: str, begins: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crashwatch.cli.called import called

    require(os.geteuid() == 0, "not root", "run the tests as root")
    monkeypatch.setenv("SUDO_UID", caller)
    assert called() == begins
