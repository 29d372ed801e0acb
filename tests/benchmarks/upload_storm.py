"""Ten thousand reports, one fault in five: python tests/benchmarks/upload_storm.py."""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.doubles.fault_storm import storm

BATCH = 500


def main() -> None:
    """Print each row of the fault matrix and what was lost."""
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    faults: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    began = time.perf_counter()
    for seed in range(total // BATCH):
        with tempfile.TemporaryDirectory() as folder:
            result = storm(Path(folder), BATCH, 0.2, seed)
        faults += result.faults
        for name in ("reports", "passes", "lost", "unseen", "forbidden", "stored"):
            sums[name] += getattr(result, name)
        sums["repeats of an id"] += result.repeats
    for name, count in sorted(faults.items()):
        print(f"{count:6}  {name}")
    print(dict(sums), f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
