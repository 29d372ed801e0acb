"""First paint of the page, 1,000 reports and 90 days of counters.

python -m tests.benchmarks.view_page; needs chromium and chromium-driver.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path

from reports.home import open_home
from tests.doubles.busy_home import add_crash, fill_counters, fill_reports
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


def main() -> None:
    """Print each paint and the median."""
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


if __name__ == "__main__":
    main()
