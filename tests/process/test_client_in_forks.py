"""The client in a child of fork: disarmed, and the child's faulthandler its own."""

import json
import sys
from pathlib import Path

import pytest

from tests.doubles.target_program import run_to_end, supervised

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

FORK = """\
import faulthandler, json, os, sys
pid = os.fork()
import _crashwatch_client as client
if pid == 0:
    open(sys.argv[1], "w").write(json.dumps(
        [client.is_armed(), faulthandler.is_enabled(),
         faulthandler.enable.__module__, sorted(os.listdir("/proc/self/fd"))]))
    os._exit(0)
os.waitpid(pid, 0)
assert client.is_armed()
"""
CRASHING_CHILD = """\
import ctypes, os, sys
pid = os.fork()
if pid == 0:
    ctypes.string_at(8)
print(os.WTERMSIG(os.waitpid(pid, 0)[1]), flush=True)
"""
POOL = """\
import multiprocessing, sys
def armed(_):
    module = sys.modules.get("_crashwatch_client")
    return module is not None and module.is_armed()
if __name__ == "__main__":
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        print(pool.map(armed, range(4)))
"""
SHUTDOWN = """\
class Late:
    def __del__(self):
        raise ValueError("late")
late = Late()
"""


def watched(*words: str) -> list[str | Path]:
    return supervised([sys.executable, *words], "--headless")


def reports() -> list[dict[str, object]]:
    command = [sys.executable, "-m", "crashwatch", "reports", "list", "--json"]
    read: list[dict[str, object]] = json.loads(run_to_end(command).output)
    return read


def test_a_forked_child_is_disarmed(tmp_path: Path) -> None:
    told = tmp_path / "told"
    ending = run_to_end(watched("-c", FORK, str(told)))
    assert ending.fate == "exit 0", ending.errors
    armed, enabled, module, descriptors = json.loads(told.read_text())
    assert not armed
    assert not enabled
    assert module == "faulthandler"
    assert not [number for number in descriptors if int(number) >= 700]


def test_a_crash_of_a_forked_child_is_the_childs_alone() -> None:
    ending = run_to_end(watched("-c", CRASHING_CHILD))
    assert ending.fate == "exit 0"
    assert ending.output == b"11\n"
    assert reports() == []


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_of_multiprocessing_are_not_armed(method: str, tmp_path: Path) -> None:
    script = tmp_path / "pool.py"
    script.write_text(POOL)
    ending = run_to_end(watched(str(script), method))
    assert ending.output.strip() == b"[False, False, False, False]", ending.errors


def test_an_error_at_shutdown_reads_as_ever() -> None:
    alone = run_to_end([sys.executable, "-c", SHUTDOWN])
    ending = run_to_end(watched("-c", SHUTDOWN))
    assert b"ValueError: late" in alone.errors
    assert ending.fate == alone.fate
    assert ending.errors.count(b"\n") == alone.errors.count(b"\n"), ending.errors
