"""How long unwinding 8 threads of CPython takes: ours, py-spy --native and lldb.

Run ``python -m tests.benchmarks.unwind [PYTHON] [ROUNDS]``. One process held at its
crash; ours and lldb read the same sanitized picture, py-spy the process itself. Files
are in the page cache. lldb's time without unwinding (loading the dump) is shown beside.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from crashwatch.backtraces.pyspy import find_pyspy
from reports.minidump import write_minidump
from tests.doubles import minidump_tools as tools
from tests.doubles.held_crash import held_crash
from tests.doubles.unwound import unwound

THREADS = 8
CODE = f"""
gate = threading.Barrier({THREADS})
def wait():
    gate.wait()
    threading.Event().wait()
for _ in range({THREADS} - 1):
    threading.Thread(target=wait, daemon=True).start()
gate.wait()
sorted([1], key=lambda _: ctypes.string_at(0))
"""


def main() -> None:
    python = sys.argv[1] if len(sys.argv) > 1 else sys.executable
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    crash = unwound(python, CODE)
    frames = sum(map(len, crash.stacks().threads.values()))
    ours = _median(rounds, crash.stacks)
    print(f"{python}: {THREADS} threads, {frames} native frames")
    print(f"{'ours':<24} {ours:8.1f} ms")
    with held_crash(python, CODE) as held:
        for name, options in (
            ("py-spy --native", ["--native"]),
            ("py-spy", []),
        ):
            command = [find_pyspy(), "dump", *options, "--pid", str(held.pid)]
            _show(name, _median(rounds, lambda c=command: _run(c)), ours)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "crash.dmp"
        path.write_bytes(write_minidump(crash.picture, {}, b"[]"))
        few = max(1, rounds // 3)
        loaded = _median(few, lambda: tools.lldb(path, "thread list"))
        whole = _median(few, lambda: tools.lldb(path, "thread backtrace all"))
        _show("lldb, loading alone", loaded, ours)
        _show("lldb, all threads", whole, ours)


def _run(command) -> None:
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


def _show(name, milliseconds, ours) -> None:
    print(f"{name:<24} {milliseconds:8.1f} ms   {milliseconds / ours:6.1f} of ours")


def _median(rounds, action) -> float:
    taken = []
    for _ in range(rounds + 1):
        begun = time.perf_counter()
        action()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken[1:]) * 1000


if __name__ == "__main__":
    main()
