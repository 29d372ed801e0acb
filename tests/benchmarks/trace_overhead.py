"""What a tracer costs a program, by kind of event: run it and read the table.

    python -m tests.benchmarks.trace_overhead

Each number is the time of 2 N events less that of N, by N, so that neither the start of
crashwatch nor that of the program is in it; the least of five runs.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.doubles.native_program import build_trouble

EVENTS = {
    "a thread's birth and end": ("storm", 200, 8),
    "a child's birth and end (SIGCHLD)": ("flood", 400, 1),
    "a fault that a handler survives": ("survive", 2000, 1),
    "a system call (getppid)": ("calls", 400_000, 1),
}
RUNS = 5


def seconds(command: Sequence[str | Path]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    return time.perf_counter() - started


def cost(program: Path, way: str, number: int, *, traced: bool) -> float:
    """Seconds for ``number`` events."""
    before: list[str] = []
    if traced:
        before = [sys.executable, "-m", "crashwatch", "run", "--headless"]
        before += ["--capture", "trace", "--"]
    least = [
        min(seconds([*before, program, way, str(count)]) for _ in range(RUNS))
        for count in (number, 2 * number)
    ]
    return least[1] - least[0]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CRASHWATCH_HOME"] = str(Path(folder) / "home")
        program = build_trouble(Path(folder))
        print(f"{'':34} {'alone':>10} {'traced':>10}   ratio")
        for what, (way, number, each) in EVENTS.items():
            alone, traced = (
                cost(program, way, number, traced=flag) / number / each * 1e6
                for flag in (False, True)
            )
            print(f"{what:34} {alone:7.2f} us {traced:7.2f} us {traced / alone:7.1f}")


if __name__ == "__main__":
    main()
