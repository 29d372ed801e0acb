"""Print how fast texts are scrubbed, and how much faster than the libraries there are.

Run: python -m tests.benchmarks.scrub_text. Compared with datafog and scrubadub where
they are installed, and always with one naive alternation of the same kinds of data.
"""

import importlib
import random
import re
import time
from collections.abc import Callable

from scrubbers import scrub_text

PERSON = {"user": "quarlesz", "home": "/home/quarlesz", "host": "rabbit-77"}
NAIVE = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.]+|\b\d{1,3}(?:\.\d{1,3}){3}\b|(?:/home|/Users)/[^/\s\"']+"
    r"|[A-Z]:\\Users\\[^\\]+|\b(?:\d[ -]?){13,16}\b|(?:password|token|secret)\s*[=:]\s*\S+"  # noqa: E501 - a pattern or table reads better whole
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
    names = [f"handle_{word}" for word in "read write open close draw paint".split()]  # noqa: SIM905 - a pattern or table reads better whole
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


def seconds(work: Callable[[str], object], text: str, rounds: int = 3) -> float:
    """The best processor time of a few rounds."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work(text)
        times.append(time.process_time() - start)
    return min(times)


def rivals() -> dict[str, Callable[[str], object]]:
    """What there is to compare with."""
    found: dict[str, Callable[[str], object]] = {
        "naive alternation": lambda text: NAIVE.sub("<x>", text)
    }
    for name, make in (
        ("scrubadub", lambda module: module.clean),
        ("datafog", lambda module: module.DataFog().detect),
    ):
        try:
            found[name] = make(importlib.import_module(name))
        except ImportError:
            print(f"{name:20} not installed (pip install {name})")
    return found


def main() -> None:
    """Print the table."""
    text = tracebacks(1_000_000)
    ours = seconds(scrub_text, text)
    known = seconds(lambda text: scrub_text(text, identity=PERSON), text)
    print(f"{'scrubbers':20} {len(text) / ours / 1e6:8.2f} MB/s")
    print(f"{'with an identity':20} {len(text) / known / 1e6:8.2f} MB/s")
    for name, work in rivals().items():
        sample = text[:200_000]
        speed = len(sample) / seconds(work, sample, 1)
        print(
            f"{name:20} {speed / 1e6:8.2f} MB/s, we are {len(text) / ours / speed:.1f} x"  # noqa: E501 - a pattern or table reads better whole
        )
    report = tracebacks(12_000)
    spent = seconds(lambda text: scrub_text(text, identity=PERSON), report) * 1000
    print(f"{'one report, 12 kB':20} {spent:8.1f} ms")


if __name__ == "__main__":
    main()
