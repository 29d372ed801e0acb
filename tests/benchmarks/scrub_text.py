"""Print how fast texts are scrubbed, and how much faster than the libraries there are.

Run: python -m tests.benchmarks.scrub_text [--rivals]. Always compared with one naive
alternation of the same kinds of data; with --rivals with datafog and scrubadub too,
which get a virtual environment of their own (400 MB, kept for the next time).
"""

import os
import random
import re
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from itertools import count
from pathlib import Path

from scrubbers import scrub_text
from scrubbers.identity import as_identity
from scrubbers.policy import Policy
from scrubbers.text import scrub_with
from tests.doubles.unlike_tracebacks import unlike_tracebacks

PERSON = {"user": "quarlesz", "home": "/home/quarlesz", "host": "rabbit-77"}
NAIVE = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.]+|\b\d{1,3}(?:\.\d{1,3}){3}\b|(?:/home|/Users)/[^/\s\"']+"
    r"|[A-Z]:\\Users\\[^\\]+|\b(?:\d[ -]?){13,16}\b|(?:password|token|secret)\s*[=:]\s*\S+"  # noqa: E501 - a pattern reads better whole
    r"|https?://\S+|\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b|\bgh[pousr]_\w{36}\b",
    re.IGNORECASE,
)


def tracebacks(size: int) -> str:
    """A megabyte of tracebacks of one program, as its log would hold them."""
    rng = random.Random(20261122)
    roots = (
        "/home/quarlesz/src",
        "/usr/lib/python3.11/asyncio",
        "/home/quarlesz/.venv/lib/python3.11/site-packages/pyte",
    )
    paths = [f"{rng.choice(roots)}/module_{at}.py" for at in range(40)]
    names = [f"handle_{word}" for word in "read write open close draw paint".split()]  # noqa: SIM905 - a pattern reads better whole
    stacks = [
        [
            (rng.choice(paths), rng.randrange(1, 900), rng.choice(names))
            for _ in range(12)
        ]
        for _ in range(60)
    ]
    lines: list[str] = []
    length = 0
    while length < size:
        block = ["Traceback (most recent call last):"]
        for path, line, name in rng.choice(stacks):
            block += (
                f'  File "{path}", line {line}, in {name}',
                f"    result = self.{name}(event, timeout=3)",
            )
        block.append(f"ValueError: frame {rng.randrange(200)} is out of range")
        lines += block
        length += sum(map(len, block)) + len(block)
    return "\n".join(lines)


def renumbered(text: str) -> str:
    """The same text with other numbers in every line."""
    rng = random.Random(20261128)
    return re.sub(
        r"(?<=line |rame )\d+|(?<==)\d+", lambda _: str(rng.randrange(900)), text
    )


def logged(text: str) -> str:
    """The same text as a log has it: no two lines at the same time."""
    times = (
        f"2026-11-27 {at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02},{at % 999:03}"
        for at in count()
    )
    return "".join(f"{next(times)} ERROR app: {line}\n" for line in text.split("\n"))


def seconds(work: Callable[[str], object], text: str, rounds: int = 3) -> float:
    """The best processor time of a few rounds."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work(text)
        times.append(time.process_time() - start)
    return min(times)


RIVALS = {
    "datafog": ("datafog", "from datafog import DataFog; work = DataFog().detect"),
    "scrubadub": ("scrubadub", "from scrubadub import clean as work"),
}
"""What pip installs, and how it is called."""

MEASURE = """
import sys, time
{make}
text = sys.stdin.read()
work(text[:2000])
times = []
for _ in range(3):
    start = time.process_time()
    work(text)
    times.append(time.process_time() - start)
print(len(text) / min(times))
"""


def rivals() -> dict[str, float]:
    """Characters per second of each, in an environment of their own."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    place = Path(cache, "crashwatch-rivals")
    python = place / "bin" / "python"
    if not python.exists():
        venv.create(place, with_pip=True)
    sample = tracebacks(200_000)
    speeds: dict[str, float] = {}
    for name, (package, make) in RIVALS.items():
        install = [str(python), "-m", "pip", "install", "--quiet", package]
        subprocess.run(install, check=True, stderr=subprocess.DEVNULL)
        ended = subprocess.run(
            [str(python), "-W", "ignore", "-c", MEASURE.format(make=make)],
            input=sample,
            capture_output=True,
            text=True,
            check=True,
        )
        speeds[name] = float(ended.stdout.splitlines()[-1])
    return speeds


def rate(work: Callable[[str], object], text: str) -> float:
    """Characters per second."""
    return len(text) / seconds(work, text)


def known(text: str) -> str:
    """As a report is scrubbed: with an identity."""
    return scrub_text(text, identity=PERSON)


def unmet(text: str) -> str:
    """The same of a text none of whose words was met before."""
    return scrub_with(Policy(as_identity(PERSON)), text).text


def each_in_full(text: str) -> str:
    """The same without a look at all lines at once."""
    return scrub_with(Policy(as_identity(PERSON)), text, surveyed=False).text


def main() -> None:
    """Print the table."""
    text = tracebacks(1_000_000)
    ours = rate(scrub_text, text)
    print(f"{'scrubbers':20} {ours / 1e6:8.2f} MB/s")
    print(f"{'with an identity':20} {rate(known, text) / 1e6:8.2f} MB/s")
    for name, varied in (("other numbers", renumbered), ("each with its time", logged)):
        fresh = rate(unmet, varied(text))
        print(f"{name:20} {fresh / 1e6:8.2f} MB/s")
    unlike = unlike_tracebacks(1_000_000)
    alone = rate(unmet, unlike)
    print(f"{'no two lines alike':20} {alone / 1e6:8.2f} MB/s")
    in_full = rate(each_in_full, unlike[:100_000])
    print(
        f"{'  each in full':20} {in_full / 1e6:8.2f} MB/s, {alone / in_full:.1f} x less"
    )
    others = {"naive alternation": rate(lambda each: NAIVE.sub("<x>", each), text)}
    if "--rivals" in sys.argv:
        others |= rivals()
    for name, speed in others.items():
        print(
            f"{name:20} {speed / 1e6:8.2f} MB/s, we are {ours / speed:.1f} x,"
            f" {alone / speed:.1f} x where no two lines are alike"
        )
    spent = seconds(known, tracebacks(12_000)) * 1000
    print(f"{'one report, 12 kB':20} {spent:8.1f} ms")


if __name__ == "__main__":
    main()
