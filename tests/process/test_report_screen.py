"""A report on a real terminal: colours and links there, and nowhere else."""

import os
import sys
from pathlib import Path

import pytest

from reports.compose import compose
from reports.home import open_home
from reports.spool.directory import Spool
from scrubbers import Identity
from tests.doubles.command_line import environment, everything_kept
from tests.doubles.sample_evidence import sample_evidence
from tests.doubles.target_program import run_to_end

pytestmark = pytest.mark.process

SHOW = [sys.executable, "-m", "crashwatch", "reports", "show", "aaaa", "--app"]


@pytest.fixture
def code(crashwatch_home: Path, tmp_path: Path) -> Path:
    """The folder of the program's code; the one report there is names a file in it."""
    payload = compose(sample_evidence(), identity=Identity(), report_id="a" * 32)
    Spool(open_home(crashwatch_home)).add(payload)
    folder = tmp_path / "own code"
    folder.mkdir()
    (folder / "crashes.py").write_text("x\n" * 9)
    return folder


def on_terminal(code: Path, *words: str, **variables: str) -> str:
    told = {"TERM": "xterm-256color", **variables}
    ended = run_to_end(
        [*SHOW, code, *words], on_terminal=True, environment=environment(**told)
    )
    assert ended.fate == "exit 0"
    return ended.output.decode()


def test_links_and_colours_are_on_the_screen_and_kept_nowhere(
    code: Path, crashwatch_home: Path
) -> None:
    before = everything_kept(crashwatch_home)
    link = f"file://{os.uname().nodename}{code.parent}/own%20code/crashes.py"
    shown = on_terminal(code)
    assert f"\x1b]8;;{link}\x1b\\" in shown
    assert "\x1b[" in shown
    assert everything_kept(crashwatch_home) == before
    assert str(code).encode() not in before


def test_no_color_leaves_the_links(code: Path) -> None:
    shown = on_terminal(code, NO_COLOR="1")
    assert "\x1b]8;;file:" in shown
    assert "\x1b[" not in shown


def test_a_dumb_terminal_and_a_pipe_get_text_alone(code: Path) -> None:
    assert "\x1b" not in on_terminal(code, TERM="dumb")
    piped = run_to_end([*SHOW, code], environment=environment(TERM="xterm"))
    assert b"Thread MainThread (crashed)" in piped.output
    assert b"\x1b" not in piped.output


def test_json_names_no_folder(code: Path) -> None:
    shown = on_terminal(code, "--json")
    assert "<app>/crashes.py" in shown
    assert str(code) not in shown
    assert "\x1b" not in shown
