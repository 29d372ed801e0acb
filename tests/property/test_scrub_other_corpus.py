"""A second corpus, built another way than the first. Seed 20261123.

The same with CRASHWATCH_CORPUS=100000 is run by hand before a release, with
`-o faulthandler_timeout=0`: else pytest looks into what takes five minutes, and dies.
"""

import os

import pytest

from scrubbers import scrub
from tests.doubles.other_corpus import cases
from tests.doubles.other_corpus_wrappings import still_readable

SEED = 20261123
COUNT = int(os.environ.get("CRASHWATCH_CORPUS", "1500"))


@pytest.mark.slow
@pytest.mark.timeout(0 if COUNT > 10000 else 240)
def test_no_secret_of_the_second_corpus_survives():
    leaked, lost, useful, trouble = [], 0, 0, []
    for case in cases(SEED, COUNT):
        known = case.who.known() if case.is_known else None
        result = scrub(case.text, identity=known)
        if still_readable(result.text, case.secrets):
            leaked.append((case.number, case.fact, case.wrapping))
        if {"error", "unstable"} & {found.rule for found in result.findings}:
            trouble.append(case.number)
        useful += len(case.keep)
        lost += sum(token not in result.text for token in case.keep)
    assert leaked == []
    assert trouble == []
    assert lost / useful <= 0.005


def test_its_checker_sees_what_is_not_scrubbed():
    """The positive control: nearly every secret is readable before."""
    unseen = [
        (case.fact, case.wrapping)
        for case in cases(SEED, 300)
        if not still_readable(case.text, case.secrets)
    ]
    assert len(unseen) < 15, unseen
