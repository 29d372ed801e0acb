"""First paint of the page and the list, 1,000 reports and 90 days of counters.

python -m tests.benchmarks.view_page; needs chromium and chromium-driver.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from reports.home import open_home
from tests.doubles.busy_home import add_crash, fill_counters, fill_reports
from tests.doubles.command_line import environment
from tests.doubles.page_visitor import chromium, served

PAINT = """
const done = arguments[0];
new PerformanceObserver((list) => {
  const found = list.getEntriesByName("first-contentful-paint");
  if (found.length) {
    const page = performance.getEntriesByType("navigation")[0];
    done([found[0].startTime, page.responseStart - page.requestStart]);
  }
}).observe({type: "paint", buffered: true});
"""


def cpu(*command: str) -> float:
    """Milliseconds of CPU that a command takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment(), stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent * 1000


def main() -> None:
    """Print both."""
    with tempfile.TemporaryDirectory() as folder:
        home = open_home(Path(folder, "home"))
        os.environ["CRASHWATCH_HOME"] = str(home.root)
        fill_counters(home)
        fill_reports(home, 1000)
        add_crash(home)
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        with chromium(Path(folder)) as visitor, served() as page:
            visitor.enter(page)
            paints = []
            for _ in range(15):
                visitor.go("/")
                paints.append(visitor.driver.execute_async_script(PAINT))
        told = ", ".join(f"{paint:.0f} ({wait:.0f})" for paint, wait in paints)
        middle = statistics.median(paint for paint, _ in paints)
        print(f"first paint in ms, of it waiting for the server: {told}")
        print(f"median {middle:.0f} ms, best {min(paints)[0]:.0f} ms")
        bare = min(cpu(sys.executable, "-c", "pass") for _ in range(7))
        command = (sys.executable, "-m", "crashwatch", "reports", "list")
        ours = min(cpu(*command) for _ in range(7))
        print(f"reports list: {ours:.0f} ms of CPU, bare Python {bare:.0f} ms")


if __name__ == "__main__":
    main()
