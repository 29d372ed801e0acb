"""Twice the text takes about twice the time, for the worst case of each rule.

The bound is generous: quadratic work would make eight times the text take sixty-four
times as long, linear work eight times; we refuse from thirty on.
"""

import time
from statistics import median

import pytest

from scrubbers import scrub_text
from scrubbers.rule import Subject
from scrubbers.rules import ALL
from scrubbers.screen import Screen
from tests.doubles.corpus_hostile import UNITS, hostile

PERSON = {"user": "quarlesz", "home": "/home/quarlesz", "full_name": "Zoë Quarles"}


def work(unit, size):
    text = hostile(unit, size)
    times = []
    for _ in range(3):
        start = time.process_time()
        scrub_text(text, identity=PERSON)
        times.append(time.process_time() - start)
    return median(times)


def test_each_rule_is_tried_by_some_text():
    screen = Screen(ALL)
    tried = {
        rule
        for unit in UNITS.values()
        for rule in screen.candidates(Subject(hostile(unit, 2_000)))
    }
    untried = [rule.name for rule in ALL if rule not in tried]
    assert untried == []


@pytest.mark.parametrize("name", UNITS)
def test_time_grows_with_the_text_and_no_faster(name):
    small = max(work(UNITS[name], 2_000), 0.0005)
    assert work(UNITS[name], 16_000) < 30 * small
