"""Whether a launcher has become the page of machine code that waits."""

import os

from tests.doubles import process_table
from tests.doubles.target_program import TargetProgram


def is_asleep(launcher: int) -> bool:
    """Whether it is, by the name it gives itself then."""
    return process_table.describe(launcher).partition(" ")[2].startswith("crashwatch ")


def wait_until_asleep(program: TargetProgram) -> None:
    """It is soon, and tells nobody."""
    while not is_asleep(program.pid):
        assert program.process.poll() is None
        os.sched_yield()
