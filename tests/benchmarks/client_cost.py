"""What the client costs the terminal: nanoseconds a call, and memory; peers beside it.

For each of CPython 3.11 and 3.13 that is here, in one process and one run: our calls,
then those of prometheus_client (multiprocess), sentry_sdk (initialized as by default,
but for a transport that drops all) and Glean, which are put into an environment of
their own on first use (from PyPI, below test-artifacts). What compares:
``count(name)``, which finds its counter by name, with a counter found by its label;
``counter(name)()`` with one that is at hand. The first
time is the least of many short repeats, less the loop; the second the processor time of
the whole process for each of many calls, with what peers do in threads of their own.
Memory is the difference in USS between two processes, median of five; pages of files
(CPython's own, and of its mmap extension) are in it only where nobody else runs that
Python at the same time, and are told apart.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from reports.home import open_home
from reports.usage.counter_file import make_counter_file
from reports.usage.counter_layout import places_of
from tests.doubles.counted_terminal import shared_pages, start_armed
from tests.doubles.free_threaded_python import free_threaded_python
from tests.doubles.other_pythons import find_other_pythons
from tests.doubles.sample_registry import sample_registry

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / "test-artifacts" / "tools"
PEERS = ("prometheus_client", "sentry-sdk", "glean-sdk")

TIMING = """
import json, os, sys, time, timeit
def cost_of(text, names, number=1000, repeats=400):
    empty = min(timeit.repeat("pass", number=number, repeat=100))
    taken = min(timeit.repeat(text, globals=names, number=number, repeat=repeats))
    long = timeit.Timer(text, globals=names)
    started = time.process_time_ns()
    long.timeit(number * 100)
    used = (time.process_time_ns() - started) / number / 100
    return [(taken - empty) / number * 1e9, used - empty / number * 1e9]
"""

OURS = (
    TIMING
    + """
import json
from crashwatch import client
names = dict(vars(client), add=client.counter("tabs/opened"))
found = {
    "count()": cost_of("count('tabs/opened')", names),
    "counter()": cost_of("add()", names),
    "observe()": cost_of("observe('frame_time', 16000)", names),
    "feature()": cost_of("feature('search')", names),
    "heartbeat()": cost_of("heartbeat()", names),
}
print(json.dumps(found), flush=True)
sys.stdin.readline()
print(json.dumps({"count(), its category off":
                  cost_of("count('tabs/opened')", names)}), flush=True)
sys.stdin.readline()
print(json.dumps({"count(), nothing on":
                  cost_of("count('tabs/opened')", names)}), flush=True)
"""
)

ALONE = (
    TIMING
    + """
import json
from crashwatch import client
names = dict(vars(client))
print(json.dumps({"count(), not supervised": cost_of("count('a')", names)}))
"""
)

PEER = (
    TIMING
    + """
import json, os, tempfile
found = {}
os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp()
try:
    from prometheus_client import Counter
    plain, many = Counter("plain", "t"), Counter("many", "t", ["what"])
    names = {"plain": plain, "many": many, "child": many.labels("tabs")}
    found["prometheus, one counter"] = cost_of("plain.inc()", names)
    found["prometheus, a label's at hand"] = cost_of("child.inc()", names)
    found["prometheus, by its label"] = cost_of("many.labels('tabs').inc()", names)
except Exception as error:
    print("prometheus_client:", error, file=sys.stderr)
try:
    import sentry_sdk
    from sentry_sdk.transport import Transport
    class Nowhere(Transport):
        def capture_envelope(self, envelope): pass
    sentry_sdk.init(dsn="http://k@127.0.0.1:9/1", transport=Nowhere)
    names = {"metrics": sentry_sdk.metrics}
    found["sentry_sdk.metrics.count"] = cost_of("metrics.count('t', 1)", names, 200, 50)
except Exception as error:
    print("sentry_sdk:", error, file=sys.stderr)
try:
    from glean import Glean
    from glean.metrics import CounterMetricType, CommonMetricData, Lifetime
    from pathlib import Path
    Glean.initialize(application_id="bench", application_version="1",
                     upload_enabled=True, data_dir=Path(tempfile.mkdtemp()),
                     application_build_id="1")
    metric = CounterMetricType(CommonMetricData(
        category="a", name="b", send_in_pings=["metrics"], lifetime=Lifetime.PING,
        disabled=False))
    names = {"metric": metric}
    found["glean, until it is queued"] = cost_of("metric.add(1)", names, 200, 20)
except BaseException as error:
    print("glean:", type(error), error, file=sys.stderr)
print(json.dumps(found), flush=True)
os._exit(0)
"""
)

MEMORY = """
import json, logging, os, sys, threading
if "client" in sys.argv:
    from crashwatch import client
    client.count("tabs/opened"); client.heartbeat()
found = {"Private_Clean": 0, "Private_Dirty": 0}
for line in open("/proc/self/smaps_rollup"):
    if line.startswith(tuple(found)):
        found[line.split(":")[0]] += int(line.split()[1])
print(*found.values(), "_ctypes" in sys.modules)
"""

MARKS = {"count()": 250, "count(), its category off": 80, "count(), nothing on": 80}


def environment_of(version: str, python: Path) -> Path:
    """The peers' own environment."""
    folder = TOOLS / f"client-cost-{version}"
    if not (folder / "ready").exists():
        subprocess.run([python, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "pip", "install", "-q", *PEERS], check=False)
        (folder / "ready").touch()
    return folder / "bin" / "python"


def counter(folder: Path) -> int:
    """A counter file with every kind of metric; its descriptor."""
    registry = sample_registry()
    places = places_of(registry, datetime.now(UTC).date())
    home = open_home(Path(tempfile.mkdtemp(dir=folder)) / "home")
    return make_counter_file(home, places, registry.sha256).descriptor


def ours(python: Path, folder: Path) -> dict[str, list[float]]:
    """Our calls, on, then off."""
    with shared_pages(counter(folder)) as pages:
        process = start_armed(pages, ["-c", OURS], python=str(python))
        assert process.stdin is not None
        assert process.stdout is not None
        found: dict[str, list[float]] = json.loads(process.stdout.readline())
        for grants in ({"performance": 7}, {}):
            pages.allow(grants)
            process.stdin.write(b"\n")
            process.stdin.flush()
            found |= json.loads(process.stdout.readline())
        process.communicate()
    alone = subprocess.run(
        [python, "-c", ALONE],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
    )
    return found | json.loads(alone.stdout)


def peers(python: Path) -> dict[str, list[float]]:
    """The peers' calls."""
    ended = subprocess.run(
        [python, "-c", PEER], check=False, capture_output=True, text=True, timeout=600
    )
    found: dict[str, list[float]] = json.loads(ended.stdout.splitlines()[-1])
    return found


def memory(python: Path, folder: Path) -> tuple[int, int, bool]:
    """KiB that the client adds, attached and counting: clean, dirty; and _ctypes."""
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    alone, watched, loaded = [], [], False
    for _ in range(6):
        plain = subprocess.run(
            [python, "-c", MEMORY], check=True, capture_output=True, env=environment
        )
        alone.append([int(number) for number in plain.stdout.split()[:2]])
        with shared_pages(counter(folder)) as pages:
            process = start_armed(
                pages,
                ["-c", MEMORY, "client"],
                python=str(python),
                environment=environment,
            )
            clean, dirty, ctypes = process.communicate()[0].split()
            watched.append([int(clean), int(dirty)])
            loaded = ctypes == b"True"
    # The first one compiles.
    added = [
        statistics.median(with_it) - statistics.median(without)
        for with_it, without in zip(
            zip(*watched[1:], strict=True), zip(*alone[1:], strict=True), strict=True
        )
    ]
    return round(added[0]), round(added[1]), loaded


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        print("CPython 3.13 without a global lock, ours alone: least, processor")
        for name, (least, used) in ours(free_threaded_python(), Path(folder)).items():
            print(f"  {name:<32} {least:>6.0f} ns {used:>6.0f} ns")
    for version in ("3.11", "3.13"):
        python = find_other_pythons().get(version)
        if python is None:
            print(f"CPython {version} is not here")
            continue
        with tempfile.TemporaryDirectory() as folder:
            found = ours(python.executable, Path(folder))
            clean, dirty, ctypes = memory(python.executable, Path(folder))
        found |= peers(environment_of(version, python.executable))
        print(f"\nCPython {version}")
        print(f"  {'':<32} {'least':>9} {'processor':>9} {'of count()':>17}", end="")
        print(f"{'of counter()':>18}")
        own = found["count()"]
        bound = found["counter()"]
        for name, (least, used) in found.items():
            mark = f"   mark: {MARKS[name]}" if name in MARKS else ""
            by_count = f"{least / own[0]:>6.1f} x {used / own[1]:>6.1f} x"
            by_counter = f"{least / bound[0]:>6.1f} x {used / bound[1]:>6.1f} x"
            times = f"{least:>6.0f} ns {used:>6.0f} ns"
            print(f"  {name:<32} {times} {by_count} {by_counter}{mark}")
        print(f"  client, attached and counting, USS {clean + dirty:>5} KiB", end="")
        print(f" ({clean} of files that no other process maps)   mark: 200")
        print(f"  _ctypes loaded: {ctypes}")


if __name__ == "__main__":
    main()
