"""Who is awake at a crash stops the program before it loads or asks anything."""

import sys

import pytest

from crashwatch.supervisor import hold_guard
from tests.doubles.target_program import run_to_end, supervised

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

CRASHES = [sys.executable, "-c", "import ctypes; ctypes.string_at(0)"]

STATE = """
import os, select, sys
from crashwatch.cli.places import INJECTED
from crashwatch.supervisor.inherited import read_inherited
def state(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0]
"""

LINGERS = (
    STATE
    + """
from crashwatch.supervisor.begin import begin, end_pages, linger
begun = begin(
    sys.argv[1], sys.argv[1:], read_inherited(), injected=INJECTED, write_seconds=10
)
select.select([begun.terminal.hold], [], [])
lingered = linger(begun, collects=False)
print(lingered.busy, state(begun.terminal.pid))
os.kill(begun.terminal.pid, 9)
os.waitpid(begun.terminal.pid, 0)
end_pages(begun)
"""
)

ASKS = (
    STATE
    + """
from crashwatch.supervisor.watch import Watch
def may_capture():
    print(state(watch._terminal.pid), "frozen_reading" in str(sys.modules), flush=True)
    return {allowed}
def read(process, crashed, announced):
    print("read", flush=True)
watch = Watch(read_inherited(), read, may_capture=may_capture)
ending = watch.run(sys.argv[1], sys.argv[1:], INJECTED)
print(os.WTERMSIG(ending.status), os.WCOREDUMP(ending.status))
"""
)

TELLS_ITS_TIME_OUT = """
import os, socket, stat
for name in os.listdir("/proc/self/fd"):
    try:
        if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
            with socket.socket(fileno=os.dup(int(name))) as end:
                packed = end.getsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, 16)
                if any(packed):
                    print(int.from_bytes(packed[:8], "little"))
    except OSError:
        pass
"""


def test_a_crash_before_the_launcher_sleeps_stops_the_program() -> None:
    ending = run_to_end([sys.executable, "-c", LINGERS, *CRASHES])
    assert ending.output.split() == [b"True", b"T"]


@pytest.mark.parametrize(("allowed", "told"), [(True, [b"read"]), (False, [])])
def test_consent_is_asked_while_the_program_stands(
    allowed: bool, told: list[bytes]
) -> None:
    script = ASKS.replace("{allowed}", str(allowed))
    ending = run_to_end([sys.executable, "-c", script, *CRASHES])
    assert ending.output.split() == [b"T", b"False", *told, b"11", b"False"]


@pytest.mark.parametrize("options", [(), ("--resident",), ("--capture", "trace")])
def test_no_piece_of_a_traceback_is_given_up_before_the_guard_gives_up_all(
    options: tuple[str, ...],
) -> None:
    plain = [sys.executable, "-c", TELLS_ITS_TIME_OUT]
    ending = run_to_end(supervised(plain, "--headless", *options))
    assert int(ending.output) > hold_guard.SECONDS
