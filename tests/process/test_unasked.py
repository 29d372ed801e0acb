"""A crash that nobody could be asked about is told at the next start, once."""

import sys
from pathlib import Path

import pytest

from tests.doubles.command_line import crashwatch_json
from tests.doubles.small_disk import small_disk
from tests.doubles.target_program import run_to_end, supervised
from tests.doubles.tmux_pane import tmux_pane

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

NOTICE = "crashwatch: a crash report waits for your decision, nothing was sent:"
HELLO = [sys.executable, "-c", "print('hello from the program')"]


def test_the_next_start_on_a_terminal_says_it_once(
    tmp_path: Path, programs: Path, crashwatch_home: Path
) -> None:
    crash = [sys.executable, programs / "null_read.py"]
    assert run_to_end(supervised(crash, "--headless")).fate == "SIGSEGV"
    assert not (crashwatch_home / "unasked").exists()

    assert run_to_end(supervised(crash)).fate == "SIGSEGV"  # on pipes, and no display
    (waiting,) = (crashwatch_home / "unasked").read_text().split()
    assert waiting in {row["id"] for row in crashwatch_json("reports", "list")}

    assert NOTICE.encode() not in run_to_end(supervised(HELLO)).errors
    for first in (True, False):
        folder = tmp_path / str(first)
        folder.mkdir()
        with tmux_pane(folder, supervised(HELLO)) as pane:
            assert pane.wait_for_end() == 0
            lines = pane.wait_for("hello from the program")
        told = [line for line in lines if NOTICE in line]
        assert bool(told) is first
        if told:
            assert lines.index(told[0]) < lines.index("hello from the program")


def test_where_it_cannot_be_noted_the_report_is_kept_and_not_called_lost(
    programs: Path, crashwatch_home: Path
) -> None:
    crashwatch_home.mkdir(mode=0o700)
    (crashwatch_home / "unasked").mkdir(mode=0o700)
    ending = run_to_end(supervised([sys.executable, programs / "null_read.py"]))
    assert (ending.fate, ending.errors) == ("SIGSEGV", b"")
    assert len(crashwatch_json("reports", "list")) == 1


def test_what_cannot_be_queued_is_kept_and_not_called_lost(
    programs: Path, crashwatch_home: Path
) -> None:
    crashwatch_json("consent", "grant", "crash")
    queued = crashwatch_home / "reports" / "queued"
    queued.mkdir(mode=0o700, parents=True)
    queued.parent.chmod(0o700)
    with small_disk(queued, "16k"):  # nothing moves from one disk to another at once
        ending = run_to_end(supervised([sys.executable, programs / "null_read.py"]))
    assert ending.fate == "SIGSEGV"
    first, hint = ending.errors.decode().splitlines()
    assert first.startswith("crashwatch: the report waits as it was made: ")
    assert hint == "  `crashwatch reports list` shows it."
    (row,) = crashwatch_json("reports", "list")
    assert row["state"] == "pending"


@pytest.mark.parametrize("content", [b"", b"\xff" * 100, b"../../etc\n" * 9000])
def test_an_odd_file_says_nothing_and_is_gone(
    tmp_path: Path, crashwatch_home: Path, content: bytes
) -> None:
    crashwatch_home.mkdir(mode=0o700)
    unasked = crashwatch_home / "unasked"
    unasked.write_bytes(content)
    unasked.chmod(0o600)
    with tmux_pane(tmp_path, supervised(HELLO)) as pane:
        assert pane.wait_for_end() == 0
        assert not any("crashwatch:" in line for line in pane.capture())
    assert not unasked.exists()


def test_a_link_is_not_followed(tmp_path: Path, crashwatch_home: Path) -> None:
    crashwatch_home.mkdir(mode=0o700)
    other = tmp_path / "other"
    other.write_text("mine")
    (crashwatch_home / "unasked").symlink_to(other)
    with tmux_pane(tmp_path, supervised(HELLO)) as pane:
        assert pane.wait_for_end() == 0
        assert any("crashwatch: " in line for line in pane.capture())
    assert other.read_text() == "mine"
    (crashwatch_home / "unasked").unlink()
