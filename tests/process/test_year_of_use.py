"""Days of use with networks that fail and plugs that are pulled: nothing is lost.

The whole year is tests/benchmarks/a_year.py.
"""

from __future__ import annotations

import pytest

from tests.doubles.year_result import live

pytestmark = pytest.mark.process


def test_what_was_agreed_to_arrives_once_or_waits(tmp_path):
    life = live(tmp_path / "home", days=12, seed=20261122)
    assert life.killed
    assert len(life.agreed) > 30
    assert not life.lost
    assert life.repeats <= life.killed
    assert max(life.wire_bytes) < 2 * 10_240
    assert len(life.stored & set(life.agreed)) > len(life.agreed) / 2
