"""What counting adds to a terminal that draws 50 MB, in instructions of the processor.

The screen of the fixture terminal (pyte) draws output like vtebench's: dense cells,
colours, cursor moves, scrolling. In a second of drawing there are 1,000 counts, 60
heartbeats and 60 frame times. How many bytes a second are drawn is measured first; then
a share is drawn under valgrind with the client and without it, twice each size, and the
difference is what the client costs. The calls are so few that where memory lies matters
more, so two thousand times as many are made, and that part of it is told. Instructions
are the same on a busy machine; what is left of chance is told as an interval.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from reports.home import open_home
from reports.usage.counter_file import make_counter_file
from reports.usage.counter_layout import places_of
from tests.doubles.counted_terminal import shared_pages, start_armed
from tests.doubles.sample_registry import sample_registry

TOTAL = 50_000_000
SHARE = 20_000
AMPLIFIED = 2000
RUNS = 3
COUNTS, FRAMES = 1000, 60

DRAW = """
import random, sys
size, counts, frames = map(int, sys.argv[1:4])
mode = sys.argv[4]
import pyte
screen = pyte.Screen(80, 24)
stream = pyte.ByteStream(screen)
chance = random.Random(1)
def some():
    kind = chance.randrange(4)
    if kind == 0:
        cell = b"\\x1b[38;5;%dm%c"
        ink, letter = range(256), range(33, 127)
        return b"".join(
            cell % (chance.choice(ink), chance.choice(letter)) for _ in range(80)
        )
    if kind == 1:
        place = chance.randrange(1, 24), chance.randrange(1, 60)
        return b"\\x1b[%d;%dH" % place + bytes(chance.choices(range(33, 127), k=20))
    if kind == 2:
        return bytes(chance.choices(range(32, 127), k=79)) + b"\\r\\n"
    return b"\\x1b[%dm\\x1b[K" % chance.randrange(30, 38)
chunks, left = [], size
while left > 0:
    chunk = b"".join(some() for _ in range(16))
    chunks.append(chunk)
    left -= len(chunk)
if mode == "on":
    from crashwatch.client import count, heartbeat, observe
    done = beats = 0
    count("output/chunks"); heartbeat(); observe("frame_time", 16000)  # maps the file
    for number, chunk in enumerate(chunks, 1):
        stream.feed(chunk)
        while done < counts * number / len(chunks):
            count("output/chunks")
            done += 1
        while beats < frames * number / len(chunks):
            heartbeat(); observe("frame_time", 16000)
            beats += 1
else:
    for chunk in chunks:
        stream.feed(chunk)
"""


def seconds_of(size: int) -> float:
    """Processor seconds to draw so much: the least of thirty, so nobody else's."""
    timed = DRAW.partition("if mode ==")[0] + (
        "import time\n"
        "def once():\n"
        "    started = time.process_time()\n"
        "    for chunk in chunks:\n"
        "        stream.feed(chunk)\n"
        "    return time.process_time() - started\n"
        "print(min(once() for _ in range(30)))\n"
    )
    words = [sys.executable, "-c", timed, str(size), "0", "0", "off"]
    return float(subprocess.run(words, check=True, capture_output=True).stdout)


def instructions(folder: Path, size: int, seconds: float, mode: str) -> int:
    """Instructions of one run, from its first to its last."""
    registry = sample_registry()
    places = places_of(registry, datetime.now(UTC).date())
    home = open_home(Path(tempfile.mkdtemp(dir=folder)) / "home")
    made = make_counter_file(home, places, registry.sha256)
    calls = [str(round(each * seconds * AMPLIFIED)) for each in (COUNTS, FRAMES)]
    tool = ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    words = [*tool, sys.executable, "-c", DRAW, str(size), *calls, mode]
    environment = os.environ | {
        "PYTHONHASHSEED": "0",
        "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if mode == "on":
        with shared_pages(made.descriptor) as pages:
            process = start_armed(
                pages, words, python=_valgrind(), environment=environment
            )
            _, told = process.communicate()
    else:
        ended = subprocess.run(
            [_valgrind(), *words], capture_output=True, check=True, env=environment
        )
        told = ended.stderr
    os.close(made.descriptor)
    found = re.search(rb"I\s+refs:\s+([\d,]+)", told)
    assert found is not None, told.decode()
    return int(found[1].replace(b",", b""))


def _valgrind() -> str:
    tool = shutil.which("valgrind")
    if tool is None:
        sys.exit("valgrind is missing: the package of that name has it")
    return tool


def main() -> None:
    """Print what the client adds."""
    started = time.monotonic()
    size = 50_000
    rate = size / seconds_of(size)
    seconds = SHARE / rate
    whole = TOTAL / rate
    print(f"{rate / 1e6:.2f} MB/s are drawn; {TOTAL // 10**6} MB take {whole:.0f} s")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for mode in ("on", "off"):  # these compile
            instructions(folder, 0, 0.0, mode)
        got = {
            (mode, amount): [
                instructions(folder, amount, seconds if amount else 0.0, mode)
                for _ in range(RUNS)
            ]
            for mode in ("on", "off")
            for amount in (SHARE, 0)
        }
    times = TOTAL / SHARE
    shares = []
    for run in range(RUNS):
        start = got["on", 0][run] - got["off", 0][run]
        plain = got["off", SHARE][run] - got["off", 0][run]
        calls = (got["on", SHARE][run] - got["on", 0][run] - plain) / AMPLIFIED
        shares.append((start + calls * times) / (got["off", 0][run] + plain * times))
    mean = statistics.mean(shares)
    spread = 4.303 * statistics.stdev(shares) / RUNS**0.5  # Student's t, 95 %, n = 3
    print(f"start of the client: {start / 1e6:.1f} million instructions, once")
    print(f"the calls of a second: {calls / seconds / 1e6:.2f} million instructions")
    print(f"in all {100 * mean:.4f} % ± {100 * spread:.4f} % (95 %)   mark: 0.1 %")
    print(f"({time.monotonic() - started:.0f} s)")


if __name__ == "__main__":
    main()
