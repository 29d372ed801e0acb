"""A year of daily use, what is lost, bytes a day: python tests/benchmarks/a_year.py.

Real spool, real uploader, a clock that is told, a receiver on loopback. One day in ten
is without network, one step in ten is killed in the middle, the clock jumps a year
to either side now and then.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.doubles.year_result import live

DAYS = 365
SEEDS = (20261122,)


def main() -> None:
    """Live the years."""
    print(
        f"{'seed':>9} {'agreed':>7} {'arrived':>8} {'waiting':>8} {'lost':>5}"
        f" {'repeats':>8} {'killed':>7} {'p50 B/day':>10} {'p99':>7} {'most':>7}"
    )
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            year = live(Path(folder) / "home", DAYS, seed)
        arrived = len(year.stored & set(year.agreed))
        print(
            f"{seed:>9} {len(year.agreed):>7} {arrived:>8} {len(year.waiting):>8}"
            f" {len(year.lost):>5} {year.repeats:>8} {year.killed:>7}"
            f" {year.percentile(0.5):>10} {year.percentile(0.99):>7}"
            f" {max(year.wire_bytes):>7}"
        )
        share = len(year.lost) / len(year.agreed)
        print(f"{share:.2%} of what was agreed to is lost; the mark is 5 %")


if __name__ == "__main__":
    sys.exit(main())
