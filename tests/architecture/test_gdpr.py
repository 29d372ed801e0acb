"""docs/gdpr.md: every article has a behaviour, every behaviour tests that exist."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from reports.consent.record import Category
from tests.audit.named_tests import is_there

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "gdpr.md").read_text(encoding="utf-8")

ARTICLES = {
    "4(5)",
    "5(1)(b)",
    "5(1)(c)",
    "5(1)(d)",
    "5(1)(e)",
    "5(1)(f)",
    "5(2)",
    "6(1)(a)",
    "7(1)",
    "7(2)",
    "7(3)",
    "7(4)",
    "8",
    "12",
    "13",
    "15",
    "16",
    "17",
    "18",
    "19",
    "20",
    "21",
    "22",
    "25",
    "28",
    "30",
    "32",
    "33",
    "34",
    "35",
    "44",
}


class Row(NamedTuple):
    """One line of the table."""

    articles: str
    behaviour: str
    tests: list[str]


def rows_below(heading: str) -> list[list[str]]:
    """The cells of the first table after a line."""
    after = TEXT[TEXT.index(heading) :]
    lines = re.findall(r"^\|(.+)\|$", after.split("\n\n## ")[0], re.MULTILINE)
    return [[cell.strip() for cell in line.split(" | ")] for line in lines[2:]]


ROWS = [
    Row(articles, behaviour, re.findall(r"`([^`]+)`", tests))
    for articles, behaviour, tests in rows_below("# The GDPR as behaviour")
]


def test_every_article_that_asks_something_has_a_row() -> None:
    told = {
        word.strip(",") for row in ROWS for word in re.split(r"[ ,]+", row.articles)
    }
    assert told >= ARTICLES


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.articles.split(" ")[0])
def test_each_row_names_what_is_done_and_tests_that_exist(row: Row) -> None:
    assert len(row.behaviour) > 40
    assert row.tests
    assert [test for test in row.tests if not is_there(test)] == []


def test_a_test_that_is_not_there_is_seen() -> None:
    assert is_there("tests/architecture/test_gdpr.py::test_every_category_is_assessed")
    assert not is_there("tests/architecture/test_gdpr.py::test_nothing")
    assert not is_there("tests/architecture/test_gone.py")


def test_every_category_is_assessed() -> None:
    table = rows_below("## What could go wrong")
    assert {row[0].strip("`") for row in table} == {c.value for c in Category}
    assert all(len(row) == 3 and all(row) for row in table)
