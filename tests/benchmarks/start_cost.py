"""What ``crashwatch run -- true`` costs more than ``true``, on Python 3.11 and 3.13.

Interleaved runs; wall time and processor time, medians and fastest. Beside it: a start
of the interpreter alone, twice that for the part that is not ours, and a home with
settings and choices in it, which are then read in full.
"""

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.doubles.command_line import HERE
from tests.doubles.other_pythons import find_other_pythons

RUNS = 40
MARK = 40.0
START = (
    "import sys; sys.argv = ['crashwatch', *sys.argv[1:]];"
    "from crashwatch.__main__ import main; main()"
)


def once(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Milliseconds of wall and processor time."""
    started = time.perf_counter()
    pid = os.posix_spawn(command[0], command, environment)
    _, status, usage = os.wait4(pid, 0)
    took = time.perf_counter() - started
    assert status == 0, (command, status)
    return 1000 * took, 1000 * (usage.ru_utime + usage.ru_stime)


def homes(folder: Path) -> dict[str, Path]:
    """An empty home, and one with everything that is read before a start."""
    empty, used = folder / "empty", folder / "used"
    used.mkdir(mode=0o700)
    (used / "config.toml").write_text("prompt_timeout = 30\n")
    (used / "config.toml").chmod(0o600)
    return {"nothing set": empty, "config.toml": used}


def measure(python: str, folder: Path) -> None:
    true = shutil.which("true") or "/bin/true"
    base = {"PATH": os.environ["PATH"], "PYTHONPATH": HERE, "HOME": str(folder)}
    run = [python, "-c", START, "run", "--", true]
    rows = {"true": ([true], base), "python -c pass": ([python, "-c", "pass"], base)}
    for name, home in homes(folder).items():
        rows[f"run -- true, {name}"] = (run, {**base, "CRASHWATCH_HOME": str(home)})
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in rows}
    for _ in range(RUNS):
        for name, (command, environment) in rows.items():
            times[name].append(once(command, environment))
    bare = [statistics.median(column) for column in zip(*times["true"], strict=True)]
    for name, seen in times.items():
        wall, cpu = ([*column] for column in zip(*seen, strict=True))
        more = statistics.median(wall) - bare[0]
        print(
            f"  {name:26} wall {statistics.median(wall):6.1f} ms (least "
            f"{min(wall):5.1f}), CPU {statistics.median(cpu):5.1f} ms (least "
            f"{min(cpu):5.1f}); over true {more:6.1f} ms wall, "
            f"{statistics.median(cpu) - bare[1]:5.1f} ms CPU"
        )
    pythons = statistics.median(wall for wall, _ in times["python -c pass"])
    ours = statistics.median(wall for wall, _ in times["run -- true, nothing set"])
    print(
        f"  ratio to a bare interpreter: {ours / pythons:.2f}; mark: {MARK:.0f} ms over"
    )


def main() -> None:
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    pythons = {"this": sys.executable}
    for version, found in find_other_pythons().items():
        if version in {"3.11", "3.13"}:
            pythons[version] = str(found.executable)
    for version, python in pythons.items():
        print(f"Python {version}: {python.rpartition('/')[2]}")
        with tempfile.TemporaryDirectory() as folder:
            measure(python, Path(folder))


if __name__ == "__main__":
    main()
