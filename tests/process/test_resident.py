"""A launcher that stays is the same to its terminal as one that sleeps."""

import json
import signal
import sys
from pathlib import Path

import pytest

from tests.doubles import process_table
from tests.doubles.stored_bytes import plain
from tests.doubles.target_program import run_to_end, running, supervised

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

IN_A_THREAD = """
import ctypes, threading
threading.Thread(target=ctypes.string_at, args=(0,)).start()
threading.Event().wait()
"""
ENDS = {
    "exit": ("import sys; sys.exit(7)", "exit 7"),
    "killed": ("import os; os.kill(os.getpid(), 15)", "SIGTERM"),
    "null read": ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
    "abort": ("import os; os.abort()", "SIGABRT"),
    "in a thread": (IN_A_THREAD, "SIGSEGV"),
    "daemon": (
        "import os\nif os.fork() == 0: os._exit(0)\nos.wait(); raise SystemExit(4)",
        "exit 4",
    ),
    "another program": (
        "import os; os.execv('/bin/sh', ['sh', '-c', 'exit 5'])",
        "exit 5",
    ),
    "closed": ("import os; os.closerange(0, 4096); os._exit(6)", "exit 6"),
}
BOTH = pytest.mark.parametrize("option", ["--resident", None], ids=["stays", "sleeps"])


def watched(option: str | None, *command: str) -> list[str | Path]:
    options = ["--headless", *([option] if option else [])]
    return supervised(command, *options)


@BOTH
@pytest.mark.parametrize("how", ENDS)
def test_ends(how: str, option: str | None, crashwatch_home: Path) -> None:
    script, fate = ENDS[how]
    late = f"import time; time.sleep(0.2)\n{script}"
    ending = run_to_end(watched(option, sys.executable, "-c", late))
    assert (ending.fate, ending.errors) == (fate, b"")
    crashes = list(crashwatch_home.glob("reports/pending/*/report.json.zst"))
    assert len(crashes) == (fate in {"SIGSEGV", "SIGABRT"})
    for file in crashes:
        sources = json.loads(plain(file))["capture"]["sources"]
        assert {"faulthandler", "py-spy", "ptrace"} <= set(sources)


@BOTH
@pytest.mark.parametrize("to_group", [False, True], ids=["launcher", "group"])
def test_each_signal_comes_once(
    to_group: bool, option: str | None, programs: Path
) -> None:
    numbers = [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1]
    numbers += [signal.SIGUSR2, signal.SIGWINCH]
    counter = [sys.executable, str(programs / "sleep_until_term.py"), "--echo"]
    with running(watched(option, *counter)) as program:
        program.wait_for_text("ready")
        for number in numbers:
            program.send_signal(number, to_group=to_group)
            program.wait_for_text(f"{number.name} 1\n")
        program.send_signal(signal.SIGTERM, to_group=to_group)
        ending = program.wait_for_end()
    expected = {number.name: 1 for number in (*numbers, signal.SIGTERM)}
    assert json.loads(ending.output.splitlines()[-1]) == expected


@BOTH
def test_it_stops_when_the_program_does(option: str | None, programs: Path) -> None:
    command = [sys.executable, str(programs / "suspend_self.py"), "STOP"]
    with running(watched(option, *command)) as program:
        assert program.wait_until_stopped() == signal.SIGSTOP
        # The launcher that goes on has the program go on, which may end before we
        # come to it.
        stopped = (program.pid, *process_table.descendants(program.pid))
        process_table.send(signal.SIGCONT, stopped)
        ending = program.wait_for_end()
    assert ending.fate == "exit 0"
    assert b"continued" in ending.output
