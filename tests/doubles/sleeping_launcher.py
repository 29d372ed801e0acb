"""Whether a launcher has become the page of machine code that waits; its program."""

import os
from pathlib import Path
from typing import Final

from tests.doubles import process_table
from tests.doubles.target_program import TargetProgram

OURS: Final = (" -m crashwatch run", " crashwatch-witness", " crashwatch-guard")
"""How a child of a launcher is called that is ours: its two pages, and before they are
such, what they were forked from."""


def is_asleep(launcher: int) -> bool:
    """Whether it is, by the name it gives itself then, and waits already.

    Until it does, the processor's time of its start is not yet counted.
    """
    named = process_table.describe(launcher).partition(" ")[2].startswith("crashwatch ")
    return named and _state_of(launcher) == "S"


def wait_until_asleep(program: TargetProgram) -> None:
    """It is soon, and tells nobody."""
    while not is_asleep(program.pid):
        assert program.process.poll() is None
        os.sched_yield()


def program_of(launcher: int, called: str) -> int:
    """The program that a launcher watches; ``called`` stands in its command line.

    On a busy machine the pages beside it may not be there yet when it is ready.
    """
    told = {
        pid: process_table.describe(pid) for pid in process_table.descendants(launcher)
    }
    found = [
        pid
        for pid, words in told.items()
        if called in words and not any(ours in words for ours in OURS)
    ]
    assert len(found) == 1, told
    return found[0]


def _state_of(pid: int) -> str:
    """Its state letter; proc(5)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
