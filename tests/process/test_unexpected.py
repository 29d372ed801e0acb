"""What nobody expected is one line too: a missing library, Ctrl-C while loading."""

import subprocess
import sys

import pytest

from tests.doubles.command_line import environment

pytestmark = pytest.mark.process

BREAK_AN_IMPORT = """
import os, signal, sys
broken = sys.argv.pop(1)
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == broken:
            {break_it}
sys.meta_path.insert(0, Finder())
from crashwatch.__main__ import main
main()
"""
MISSING = 'raise ModuleNotFoundError(f"No module named {name!r}")'
INTERRUPTED = "os.kill(os.getpid(), signal.SIGINT)"


def with_broken_import(
    break_it: str, module: str, *words: str, python: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """A command whose import of a module goes wrong."""
    program = BREAK_AN_IMPORT.format(break_it=break_it)
    return subprocess.run(
        [sys.executable, *python, "-c", program, module, *words],
        env=environment(),
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("module", ["click", "msgspec"])
def test_a_library_that_is_missing_is_one_line(module: str) -> None:
    ended = with_broken_import(MISSING, module, "reports", "list")
    first, hint = ended.stderr.splitlines()
    assert (ended.returncode, ended.stdout) == (1, "")
    assert first.startswith("crashwatch: unexpected ModuleNotFoundError: ")
    assert f"No module named '{module}'" in first
    assert "crashwatch doctor" in hint


def test_who_develops_this_sees_the_traceback() -> None:
    ended = with_broken_import(
        MISSING, "msgspec", "reports", "list", python=("-X", "dev")
    )
    assert "Traceback" in ended.stderr


@pytest.mark.parametrize("module", ["click", "msgspec"])
def test_an_interruption_at_any_time_is_none(module: str) -> None:
    ended = with_broken_import(INTERRUPTED, module, "reports", "list")
    # The line break that click writes ends the line with the terminal's ^C.
    assert (ended.returncode, ended.stdout, ended.stderr.strip()) == (130, "", "")
