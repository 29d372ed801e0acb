"""A merge killed at every one of its steps in turn: each count exactly once."""

from __future__ import annotations

import os
import sys
from datetime import date

import pytest

from reports.home import open_home
from reports.usage.counter_file import keep_ending, this_boot
from reports.usage.counter_layout import (
    COUNTED,
    Section,
    fresh_file,
    one_section,
    places_of,
)
from reports.usage.days import Days
from reports.usage.merge import merge, run_names
from reports.usage.summary import number_of
from tests.doubles.sample_registry import sample_registry

pytestmark = pytest.mark.process

FILES = int(os.environ.get("CRASHWATCH_TEST_FILES", "5"))
"""Counter files of dead terminals; 1,000 in the long run."""

STRIDE = int(os.environ.get("CRASHWATCH_TEST_STRIDE", "1"))
"""Every how many steps there is a kill."""

DAYS = (date(2026, 11, 20), date(2026, 11, 21))
GRANTS = dict(zip(COUNTED, (5, 6, 7, 8), strict=True))
PLACES = places_of(sample_registry(), DAYS[0])
STEPS = ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.listdir")
"""Audit events of everything by which a merge changes or looks at the disk."""


def make_files(home, number):
    head = fresh_file(PLACES, b"r" * 32, this_boot(), sections=1)
    for n in range(number):
        day = DAYS[n % 2]
        counts = {"tabs/opened": {0: 1 << (n % 8)}, "search": {0: 1}}
        made = Section(number_of(day), tuple(GRANTS.values()), counts)
        keep_ending(home, one_section(head, made, PLACES))
    return sum(1 << (n % 8) for n in range(number))


def merge_until(home, step):
    """Merge in a child that dies just before its step; whether it did not get there."""
    child = os.fork()
    if child == 0:
        left = step

        def look(event, _arguments):
            nonlocal left
            if event in STEPS:
                left -= 1
                if left == 0:
                    os._exit(9)

        try:
            sys.addaudithook(look)
            merge(home, GRANTS)
        except BaseException:  # noqa: BLE001 -- a child ends here, whatever happens
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in {0, 9}
    return code == 0


def total(home):
    return sum(
        metric.total
        for day in Days(home).listed()
        for category in Days(home).read(day).categories
        for metric in category.metrics
        if metric.name == "tabs/opened"
    )


def test_killed_at_every_step_each_count_is_there_once(tmp_path):
    """A fresh home for each step; after the death one whole merge follows."""
    step = kills = 0
    finished = False
    while not finished:
        step += STRIDE
        home = open_home(tmp_path / str(step))
        expected = make_files(home, FILES)
        finished = merge_until(home, step)
        kills += not finished
        merge(home, GRANTS)
        assert total(home) == expected, f"after a kill at step {step}"
        assert run_names(home) == []
        assert all(not Days(home).read(day).merged for day in DAYS)
    print(f"{FILES} files, killed at {kills} steps: each count once")
    assert kills > 9


def test_killed_again_and_again_in_one_home(tmp_path):
    home = open_home(tmp_path / "home")
    expected = make_files(home, FILES)
    step = kills = 0
    while not merge_until(home, step := step + 3 * STRIDE):
        kills += 1
    merge(home, GRANTS)
    print(f"{FILES} files in one home, killed {kills} times: each count once")
    assert total(home) == expected
