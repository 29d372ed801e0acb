"""How long a snapshot takes, against a freeze and release alone.

Run ``python -m tests.benchmarks.snapshot [ROUNDS]``. One victim for each number of
threads; each round freezes it, takes a snapshot, and lets it go.
"""

import statistics
import sys
import time
from collections.abc import Callable

from crashwatch.linux.freeze import frozen
from crashwatch.linux.proc_directory import ProcDirectory
from crashwatch.linux.snapshot import take_snapshot
from crashwatch.linux.system_facts import read_machine
from tests.doubles.held_crash import HeldCrash, held_crash

THREADS = (1, 5, 8, 64)
CODE = """
gate = threading.Barrier({others} + 1)
def work():
    gate.wait()
    threading.Event().wait()
for _ in range({others}):
    threading.Thread(target=work, daemon=True).start()
gate.wait()
import json, decimal, ssl, sqlite3
ctypes.string_at(0)
"""


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    print(f"{'threads':>8} {'freeze':>9} {'snapshot':>9} {'ratio':>6} {'stacks':>9}")
    for threads in THREADS:
        with held_crash(sys.executable, CODE.format(others=threads - 1)) as held:
            alone = _median(rounds, lambda held=held: _freeze(held))
            whole = _median(rounds, lambda held=held: _snapshot(held))
            size = _snapshot(held)
            print(
                f"{threads:8} {alone:7.2f}ms {whole:7.2f}ms"
                f" {whole / alone:6.1f} {size / 1024:6.0f}KiB"
            )


def _median(rounds: int, action: Callable[[], int]) -> float:
    taken = []
    for _ in range(rounds + 2):
        begun = time.perf_counter()
        action()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken[2:]) * 1000


MACHINE = read_machine()


def _freeze(held: HeldCrash) -> int:
    with frozen(held.pid) as stopped:
        return len(stopped.tids)


def _snapshot(held: HeldCrash) -> int:
    with ProcDirectory(held.pid) as directory, frozen(held.pid) as stopped:
        tid = held.find_crashed(stopped.tids)
        snapshot = take_snapshot(stopped, directory, crashed_tid=tid, machine=MACHINE)
    stacks = [each.stack for each in snapshot.threads if each.stack is not None]
    return sum(len(stack.data) for stack in stacks)


if __name__ == "__main__":
    main()
