"""The table of `make audit`: every requirement has tests, and each of them exists."""

import ast
from pathlib import Path

import pytest

from tests.audit.run_audit import Results, Row, read_rows, result_of

ROOT = Path(__file__).parents[2]
ROWS = read_rows()

EXPECTED = {
    *(f"TR-{n}" for n in range(1, 8)),
    *(f"FR-{part}.{n}" for part in (1, 2, 3, 4) for n in range(1, 6)),
    *(f"NFR-{part}.{n}" for part in (1, 2, 3) for n in range(1, 4)),
    *(f"EC-{n}" for n in range(1, 8)),
    *(f"SM-{n}" for n in range(1, 5)),
}


def test_every_requirement_has_one_row() -> None:
    ids = [row.id for row in ROWS]
    assert sorted(ids) == sorted(EXPECTED)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_every_row_names_tests_that_exist(row: Row) -> None:
    assert row.tests
    for test in row.tests:
        name, *inside = test.split("::")
        body = ast.parse((ROOT / name).read_text(encoding="utf-8")).body
        for wanted in inside:
            found = [node for node in body if wanted in names_of(node)]
            assert found, f"{test} is not there"
            body = getattr(found[0], "body", [])


def names_of(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return {getattr(node, "name", "")}


def test_a_row_passes_only_when_all_of_it_ran_and_passed() -> None:
    results = Results()
    results.by_test = {"a.py::one[x]": "passed", "a.py::two": "skipped"}
    assert result_of(Row("TR-1", "", ()), results) == "NO TEST"
    assert result_of(Row("TR-1", "", ("a.py::one",)), results) == "passed 1"
    assert result_of(Row("TR-1", "", ("a.py",)), results) == "SKIPPED 1 of 2"
    assert result_of(Row("TR-1", "", ("a.py::one", "b.py")), results) == "NOT RUN"
    results.by_test["a.py::one[y]"] = "failed"
    assert result_of(Row("TR-1", "", ("a.py",)), results) == "FAILED 1 of 3"
