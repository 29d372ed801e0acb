"""While it holds another program's memory, nobody reads it and it leaves no core."""

import subprocess
import sys

import pytest

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

CAPTURER = """\
import ctypes, resource, sys
from crashwatch.supervisor.inherited import read_inherited
from crashwatch.supervisor.watch import Watch

seen = {}

def dumpable():
    return ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)  # PR_GET_DUMPABLE

def reader(process, tid, announced):
    seen["inside"] = dumpable(), resource.getrlimit(resource.RLIMIT_CORE)[0]

before = dumpable()
from crashwatch.cli.places import INJECTED
ending = Watch(read_inherited(), reader).run(
    sys.executable, [sys.executable, "-c", "import ctypes; ctypes.string_at(0)"],
    INJECTED,
)
print(before, seen["inside"], ending.status & 127)
"""


def test_not_dumpable_and_no_core_while_reading() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", CAPTURER], capture_output=True, timeout=60, check=True
    )
    assert ended.stdout.decode().strip() == "1 (0, 0) 11"
