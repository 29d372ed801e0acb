"""The same crash again and again: kept, not asked about, and a safe start offered."""

import sys
from pathlib import Path

import pytest

from reports.home import open_home
from tests.doubles.command_line import crashwatch_json
from tests.doubles.target_program import run_to_end, supervised
from tests.doubles.tmux_pane import tmux_pane

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

PROMPT = "(Enter alone: don't send):"
OFFER = "(Enter alone: don't):"
SIGSEGV_OF_A_SHELL = 128 + 11

PROGRAM = """
import ctypes, sys
if "--no-plugins" in sys.argv:
    print("started safely with", *sys.argv[1:], flush=True)
    sys.exit(9)
ctypes.string_at(0)
"""


@pytest.fixture
def program(tmp_path: Path, crashwatch_home: Path) -> list[str | Path]:
    """Crashes but with --no-plugins, which the settings name."""
    config = open_home(crashwatch_home).config
    config.write_text('safe_arguments = ["--no-plugins"]\n')
    config.chmod(0o600)
    file = tmp_path / "loops.py"
    file.write_text(PROGRAM)
    return [sys.executable, file, "first"]


def crash_unseen(program: list[str | Path], times: int) -> None:
    for _ in range(times):
        assert run_to_end(supervised(program, "--headless")).fate == "SIGSEGV"


def test_the_same_crash_is_kept_and_not_asked_about_again(
    tmp_path: Path, program: list[str | Path]
) -> None:
    crash_unseen(program, 1)
    with tmux_pane(tmp_path, supervised(program)) as pane:
        assert pane.wait_for_end() == SIGSEGV_OF_A_SHELL
        screen = " ".join(pane.capture())
    assert PROMPT not in screen
    assert OFFER not in screen
    assert "The same crash as in report " in screen
    assert [row["state"] for row in crashwatch_json("reports", "list")] == [
        "pending",
        "pending",
    ]


@pytest.mark.parametrize(("keys", "status"), [(["y"], 9), (["s"], SIGSEGV_OF_A_SHELL)])
def test_in_a_loop_a_safe_start_is_offered_once_and_nothing_else(
    tmp_path: Path, program: list[str | Path], keys: list[str], status: int
) -> None:
    crash_unseen(program, 2)
    with tmux_pane(tmp_path, supervised(program)) as pane:
        screen = " ".join(pane.wait_for(OFFER))
        assert "loops.py crashed 3 times within 10 minutes." in screen
        assert "It can be started with: --no-plugins" in screen
        assert PROMPT not in screen
        pane.type(*keys, "Enter")
        assert pane.wait_for_end() == status
        screen = " ".join(pane.capture())
        assert ("started safely with first --no-plugins" in screen) is (status == 9)
    rows = crashwatch_json("reports", "list")
    assert [row["state"] for row in rows] == ["pending"] * 3


def test_a_safe_start_that_crashes_is_offered_nothing_more(
    tmp_path: Path, program: list[str | Path]
) -> None:
    Path(str(program[1])).write_text("import ctypes; ctypes.string_at(0)")
    crash_unseen(program, 2)
    with tmux_pane(tmp_path, supervised([*program, "--no-plugins"])) as pane:
        assert pane.wait_for_end() == SIGSEGV_OF_A_SHELL
        assert OFFER not in " ".join(pane.capture())
