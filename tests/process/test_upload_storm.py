"""Hundreds of reports through a server that fails one time in five: none is lost."""

from __future__ import annotations

import pytest

from tests.doubles.fault_storm import FAULTS, storm

pytestmark = [pytest.mark.process, pytest.mark.slow, pytest.mark.timeout(300)]


def test_no_agreed_report_is_lost_and_no_other_is_sent(tmp_path):
    result = storm(tmp_path, 300, 0.2, seed=7)
    assert (result.lost, result.unseen, result.forbidden) == (0, 0, 0)
    assert result.reports > result.stored > result.reports / 2
    assert sum(result.faults.values()) > 30
    assert set(result.faults) <= set(FAULTS)
    print(result)


def test_in_the_worst_weather_as_well(tmp_path):
    result = storm(tmp_path, 40, 0.8, seed=11)
    assert (result.lost, result.unseen, result.forbidden) == (0, 0, 0)
