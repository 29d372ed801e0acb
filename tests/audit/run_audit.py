"""Run the tests of every requirement and print: requirement, tests, result.

usage: python tests/audit/run_audit.py [ID...]      all rows, or those named (TR-1 EC-5)

Exit status 0: each row has tests and all of them passed. A skipped test proves nothing,
so a row with one is no pass; it says what is missing.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

ROWS = Path(__file__).with_name("requirements.toml")
ROOT = Path(__file__).parents[2]


class Row(NamedTuple):
    """A requirement, and the node ids of its tests."""

    id: str
    requirement: str
    tests: tuple[str, ...]


def read_rows(path: Path = ROWS) -> list[Row]:
    """The table."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["row"]
    return [Row(row["id"], row["requirement"], tuple(row["tests"])) for row in rows]


class Results:
    """A plugin of pytest: what became of each test, by node id."""

    def __init__(self) -> None:
        self.by_test: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst of set-up, call and tear-down."""
        if report.when == "call" or report.outcome != "passed":
            before = self.by_test.get(report.nodeid)
            if before in (None, "passed"):
                self.by_test[report.nodeid] = report.outcome

    def of(self, test: str) -> list[str]:
        """Outcomes of every test that a node id of the table stands for."""
        begins = (f"{test}::", f"{test}[")
        return [
            outcome
            for node, outcome in self.by_test.items()
            if node == test or node.startswith(begins)
        ]


def result_of(row: Row, results: Results) -> str:
    """``passed``, or why it is none, in a few words."""
    if not row.tests:
        return "NO TEST"
    outcomes = [results.of(test) for test in row.tests]
    if not all(outcomes):
        return "NOT RUN"
    flat = [outcome for found in outcomes for outcome in found]
    for outcome in ("failed", "skipped"):
        if outcome in flat:
            return f"{outcome.upper()} {flat.count(outcome)} of {len(flat)}"
    return f"passed {len(flat)}"


def print_table(rows: list[Row], results: Results) -> bool:
    """Print it; whether every row passed."""
    good = True
    width = max(len(row.requirement) for row in rows)
    for row in rows:
        result = result_of(row, results)
        good = good and result.startswith("passed")
        first, *others = row.tests or ("-",)
        print(f"{row.id:<8} {row.requirement:<{width}}  {result:<18} {first}")
        for test in others:
            print(" " * (width + 30) + test)
    return good


def main(wanted: list[str]) -> int:
    """Run and print; the exit status."""
    rows = [row for row in read_rows() if not wanted or row.id in wanted]
    if not rows:
        print("no such row; the ids are in tests/audit/requirements.toml")
        return 2
    results = Results()
    tests = list(dict.fromkeys(test for row in rows for test in row.tests))
    quiet = ["-q", "--no-header", "-n", "2", "--dist", "loadfile"]
    status = pytest.main([*quiet, *tests], plugins=[results])
    print()
    good = print_table(rows, results)
    return 0 if good and status == 0 else 1


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(sys.argv[1:]))
