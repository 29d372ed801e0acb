"""What ``crashwatch reports list`` of 1,000 reports costs more than a bare Python.

Interleaved runs; wall and processor time in milliseconds, the fastest and the median of
each, and the ratio to the bare start of the same run. Where valgrind is installed, also
instructions, which no other process on the machine can change.

``PYTHONDONTWRITEBYTECODE`` in an environment means that all code is compiled at each
start, here twice the time of all else: so the bytecode is made first.
"""

from __future__ import annotations

import compileall
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from reports.home import open_home
from tests.doubles.busy_home import fill_reports
from tests.doubles.command_line import HERE, environment

RUNS = 21
MARK = 150.0
START = (
    "import sys; sys.argv = ['crashwatch', *sys.argv[1:]];"
    "from crashwatch.__main__ import main; main()"
)
BARE = (sys.executable, "-c", "pass")
LIST = (sys.executable, "-c", START, "reports", "list")


def once(command: tuple[str, ...], home: str) -> tuple[float, float]:
    """Wall and processor time."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        command,
        env=environment(CRASHWATCH_HOME=home),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    took, after = time.perf_counter() - began, resource.getrusage(-1)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return 1000 * took, 1000 * spent


def instructions(command: tuple[str, ...], home: str) -> float:
    """Millions of them, by callgrind."""
    told = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command],
        env=environment(CRASHWATCH_HOME=home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=True,
        text=True,
    )
    found = re.search(r"Collected : (\d+)", told.stderr)
    assert found is not None, told.stderr
    return int(found[1]) / 1e6


def main() -> None:
    """Print the table."""
    for package in ("crashwatch", "reports", "scrubbers"):
        compileall.compile_dir(Path(HERE, package), quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        home = str(Path(folder, "home"))
        fill_reports(open_home(Path(home)), 1000)
        nothing = str(Path(folder, "nothing"))
        rows = {
            "python -c pass": (BARE, nothing),
            "reports list, none": (LIST, nothing),
            "reports list, 1,000": (LIST, home),
        }
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        seen: dict[str, list[tuple[float, float]]] = {name: [] for name in rows}
        for _ in range(RUNS):
            for name, row in rows.items():
                seen[name].append(once(*row))
        bare = seen["python -c pass"]
        for name, times in seen.items():
            cells = []
            for kind, column in (("wall", 0), ("CPU", 1)):
                ours, base = ([t[column] for t in each] for each in (times, bare))
                middle = statistics.median(ours)
                cells.append(
                    f"{kind} {middle:6.1f} ms (least {min(ours):6.1f}), over bare "
                    f"{middle - statistics.median(base):6.1f} (least "
                    f"{min(ours) - min(base):6.1f}), ratio {min(ours) / min(base):4.1f}"
                )
            print(f"  {name:20} {'; '.join(cells)}")
        print(f"  mark: {MARK:.0f} ms over bare")
        if shutil.which("valgrind"):
            for name, row in rows.items():
                print(f"  {name:20} {instructions(*row):8.1f} million instructions")


if __name__ == "__main__":
    main()
