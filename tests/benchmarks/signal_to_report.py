"""From the fault to the report on disk, beside what py-spy alone takes.

The program writes the time just before it reads address 8; the report's files carry
the time of their rename. Medians of ten runs, on whatever machine this is.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 10
PROGRAM = """\
import ctypes, sys, threading, time
for _ in range(int(sys.argv[2])):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
with open(sys.argv[1], "w") as file:
    file.write(repr(time.time()))
ctypes.string_at(8)
"""


def fault_to_report(folder: Path, threads: int) -> float:
    """Seconds of one run."""
    home, moment = folder / "home", folder / "moment"
    run = [sys.executable, "-m", "crashwatch", "run", "--headless", "--"]
    program = [sys.executable, "-c", PROGRAM, str(moment), str(threads)]
    subprocess.run(
        [*run, *program],
        env=os.environ | {"CRASHWATCH_HOME": str(home)},
        check=False,
    )
    (report,) = (home / "reports" / "pending").iterdir()
    return report.stat().st_ctime - float(moment.read_text())


def pyspy_alone() -> float:
    """Seconds that py-spy takes for one thread of a sleeping Python."""
    program = "import time; print(flush=True); time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE
    ) as target:
        assert target.stdout is not None
        target.stdout.readline()
        started = time.monotonic()
        subprocess.run(
            ["py-spy", "dump", "--json", "--nonblocking", "--pid", str(target.pid)],
            stdout=subprocess.DEVNULL,
            check=True,
        )
        taken = time.monotonic() - started
        target.kill()
    return taken


def main() -> None:
    """Print the table."""
    os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    alone = statistics.median(pyspy_alone() for _ in range(RUNS))
    print(f"py-spy alone          {alone * 1000:7.1f} ms  1.0")
    for threads in (0, 7):
        times = []
        for _ in range(RUNS):
            with tempfile.TemporaryDirectory() as folder:
                times.append(fault_to_report(Path(folder), threads))
        taken = statistics.median(times)
        name = f"fault to report, {threads + 1} thr"
        print(f"{name:<21} {taken * 1000:7.1f} ms  {taken / alone:.1f}")


if __name__ == "__main__":
    main()
