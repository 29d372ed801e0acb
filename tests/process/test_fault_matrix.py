"""The fault matrix, row by row: none lost, none twice, none without consent.

``make faults`` prints it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.doubles.fault_bench import at_bench
from tests.doubles.fault_plays import on_a_small_disk
from tests.doubles.fault_rows import ROWS, as_markdown

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]

DOCUMENT = Path(__file__).parents[2] / "docs" / "faults.md"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("name", ROWS)
def test_no_agreed_report_is_lost_or_sent_twice(name, tmp_path):
    row = ROWS[name]
    if name == "disk full":
        seen = on_a_small_disk(tmp_path)
    else:
        seen = at_bench(tmp_path, row.play)
    wrong = list(row.faults(seen))
    came = f"{seen.after}, {seen.first} in the end"
    print(f"{name:<36} {row.must.value:<45} {came:<32} {seen.said}")
    assert not wrong, (wrong, seen)


def test_the_document_holds_the_same_table():
    assert as_markdown() in DOCUMENT.read_text()
