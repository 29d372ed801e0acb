"""Crash reports refused while the program runs: it dies as if alone, and unread."""

import re
import sys
from pathlib import Path

import pytest

from tests.doubles.target_program import Ending, run_to_end, supervised

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

REFUSES = """
import subprocess, sys
command = [sys.executable, "-m", "crashwatch", "consent", "revoke", "crash"]
subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
"""
CRASHES = """
import ctypes, faulthandler
faulthandler.enable()
def deeper(depth):
    deeper(depth - 1) if depth else ctypes.string_at(0)
deeper(30)
"""
CHILD = f"subprocess.run([sys.executable, '-c', {CRASHES!r}])"
RAISES = "raise SystemError('made up')"

WAYS = {
    "asleep": (CRASHES, ()),
    "resident": (CRASHES, ("--resident",)),
    "traced": (CRASHES, ("--capture", "trace")),
    "followed": (CRASHES, ("--follow-children",)),
    "a child": (CHILD, ("--follow-children",)),
    "an exception": (RAISES, ()),
}


def told(ending: Ending) -> bytes:
    """What it wrote to stderr, without addresses."""
    return re.sub(rb"0x[0-9a-f]+", b"0x", ending.errors)


@pytest.mark.parametrize("way", WAYS)
def test_it_dies_unread_and_its_own_text_is_whole(way: str, tmp_path: Path) -> None:
    ends, options = WAYS[way]
    plain: list[str | Path] = [sys.executable, "-c", REFUSES + ends]
    watched = run_to_end(supervised(plain, "--headless", *options))
    kept = list((tmp_path / "crashwatch-home" / "reports").glob("*/*"))
    alone = run_to_end(plain)  # a second refusal, which deletes what waits
    assert (watched.fate, told(watched)) == (alone.fate, told(alone))
    assert not kept
