"""A program that is killed in the middle of its traceback: what it said is kept."""

import os
import select
import signal
import sys
from pathlib import Path

import pytest

from tests.doubles.command_line import crashwatch_json
from tests.doubles.own_hold import FIND_THE_HOLD
from tests.doubles.target_program import running, supervised

pytestmark = [pytest.mark.process]

KILLED_IN_ITS_TRACEBACK = (
    FIND_THE_HOLD
    + """
import signal, sys
print(os.getpid(), "is ready", flush=True)
open(sys.argv[1]).read()
os.write(hold, b"Fatal Python error: Segmentation fault\\n\\n")
os.write(hold, b"Current thread 0x00007f0000000001 (most recent call first):\\n")
os.write(hold, b'  File "%s", line 20 in fault\\n' % sys.argv[0].encode())
os.kill(os.getpid(), signal.SIGKILL)
"""
)


@pytest.mark.parametrize("options", [[], ["--resident"]])
def test_its_words_are_in_the_report(tmp_path: Path, options: list[str]) -> None:
    """The supervisor stands meanwhile, as on a machine that is far too busy."""
    program, gate = tmp_path / "killed.py", tmp_path / "gate"
    program.write_text(KILLED_IN_ITS_TRACEBACK)
    os.mkfifo(gate)
    command = supervised([sys.executable, program, gate], "--headless", *options)
    with running(command) as launcher:
        launcher.wait_for_text("is ready")
        pid = int(launcher.output.split()[0])
        watched = os.pidfd_open(pid)
        os.kill(launcher.pid, signal.SIGSTOP)
        launcher.wait_until_stopped()
        gate.write_text("")
        assert select.select([watched], [], [], 30)[0], "it died"
        os.close(watched)
        os.kill(launcher.pid, signal.SIGCONT)
        assert launcher.wait_for_end().fate == "SIGKILL"
    (row,) = crashwatch_json("reports", "list")
    report = crashwatch_json("reports", "show", row["id"])
    assert report["reason"]["signal"] == "SIGSEGV"
    assert "faulthandler" in report["capture"]["sources"]
    assert [frame["line"] for frame in report["threads"][0]["frames"]] == [20]
    assert any("died before" in error for error in report["capture"]["soft_errors"])
