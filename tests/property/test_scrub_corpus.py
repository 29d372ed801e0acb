"""The corpus: nothing planted survives, what is useful does. Seed 20261122.

The same with CRASHWATCH_CORPUS=100000 is run by hand before a release, with
`-o faulthandler_timeout=0`: else pytest looks into what takes five minutes, and dies.
"""

import os

import pytest

from scrubbers import scrub
from tests.doubles.corpus import cases
from tests.doubles.corpus_leaks import leaks

SEED = 20261122
COUNT = int(os.environ.get("CRASHWATCH_CORPUS", "10000"))
TROUBLE = {"error", "unstable"}


@pytest.mark.slow
@pytest.mark.timeout(0 if COUNT > 10000 else 240)
def test_nothing_planted_survives_and_what_is_useful_does():
    leaked, kept, useful, unstable = [], 0, 0, []
    for case in cases(SEED, COUNT):
        result = scrub(case.text, identity=case.identity())
        if leaks(result.text, case.planted):
            leaked.append((case.number, case.family, case.carrier))
        if TROUBLE & {found.rule for found in result.findings}:
            unstable.append(case.number)
        useful += len(case.useful)
        kept += sum(token in result.text for token in case.useful)
    assert leaked == []
    assert unstable == []
    assert kept / useful >= 0.995


def test_scrubbing_a_corpus_twice_changes_nothing():
    for case in cases(SEED + 1, 1000):
        once = scrub(case.text, identity=case.identity()).text
        assert scrub(once, identity=case.identity()).text == once, case.number
