"""Killed for want of memory is told from killed by somebody."""

import json
import sys
from pathlib import Path

import pytest

from tests.doubles.small_memory import small_memory
from tests.doubles.target_program import run_to_end, supervised

pytestmark = pytest.mark.process

GREEDY = "import sys; open(sys.argv[1], 'w').write('0'); b = bytearray(512 << 20)"


def reports() -> list[dict[str, object]]:
    command = [sys.executable, "-m", "crashwatch", "reports", "list", "--json"]
    read: list[dict[str, object]] = json.loads(run_to_end(command).output)
    return read


def test_the_kernels_kill_is_reported_as_such() -> None:
    with small_memory(64) as door:
        if door is None:
            pytest.skip("no control group can be made here (needs root and cgroupfs)")
        ending = run_to_end(supervised([sys.executable, "-c", GREEDY, str(door)]))
    assert ending.fate == "SIGKILL"
    (report,) = reports()
    assert report["reason"] == {"kind": "out_of_memory", "signal": "SIGKILL"}


def test_somebodys_kill_is_not_reported(programs: Path) -> None:
    ending = run_to_end(supervised([sys.executable, str(programs / "kill9.py")]))
    assert ending.fate == "SIGKILL"
    assert reports() == []
