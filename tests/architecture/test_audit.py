"""The table of `make audit`: every requirement has tests, and each of them exists."""

import pytest

from tests.audit.named_tests import is_there
from tests.audit.run_audit import Results, Row, read_rows, result_of

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
    assert [test for test in row.tests if not is_there(test)] == []


def test_a_row_passes_only_when_all_of_it_ran_and_passed() -> None:
    results = Results()
    results.by_test = {"a.py::one[x]": "passed", "a.py::two": "skipped"}
    assert result_of(Row("TR-1", "", ()), results) == "NO TEST"
    assert result_of(Row("TR-1", "", ("a.py::one",)), results) == "passed 1"
    assert result_of(Row("TR-1", "", ("a.py",)), results) == "SKIPPED 1 of 2"
    assert result_of(Row("TR-1", "", ("a.py::one", "b.py")), results) == "NOT RUN"
    results.by_test["a.py::one[y]"] = "failed"
    assert result_of(Row("TR-1", "", ("a.py",)), results) == "FAILED 1 of 3"
