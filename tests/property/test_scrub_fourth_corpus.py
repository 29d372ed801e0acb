"""A fourth corpus: what the system's own programs print, in whole texts. Seed 20261129.

What its author had seen of the rules, and what not, is said in the generator. The same
with CRASHWATCH_CORPUS=20000 is run by hand before a release, with
`-o faulthandler_timeout=0`.
"""

import os

import pytest

from reports.compose import compose
from reports.errors import WithheldError
from scrubbers import as_identity, scrub
from tests.doubles.newcomer_corpus import case, cases
from tests.doubles.newcomer_leaks import leaked
from tests.doubles.newcomer_reports import FIELDS, evidence, readable

SEED = int(os.environ.get("CRASHWATCH_CORPUS_SEED", "20261129"))
COUNT = int(os.environ.get("CRASHWATCH_CORPUS", "1000"))
REPORTS = max(COUNT // 12, 10)


@pytest.mark.slow
@pytest.mark.timeout(0 if COUNT > 10000 else 240)
def test_no_value_of_the_fourth_corpus_can_be_read():
    found, lost, useful, trouble = [], [], 0, []
    for each in cases(SEED, COUNT):
        result = scrub(each.text, identity=each.identity)
        if leaked(result.text, each.secrets):
            found.append((each.number, each.family, each.carrier))
        if {"error", "unstable"} & {finding.rule for finding in result.findings}:
            trouble.append(each.number)
        useful += len(each.useful)
        lost += [
            (each.number, each.family, each.carrier)
            for word in each.useful
            if word not in result.text
        ]
    assert found == []
    assert trouble == []
    assert len(lost) <= useful / 200, lost


def test_its_checker_sees_what_is_not_scrubbed():
    """The positive control: nearly every value can be read before."""
    unseen = [
        (each.family, each.carrier)
        for each in cases(SEED, 300)
        if len(leaked(each.text, each.secrets)) < len(set(each.secrets))
    ]
    assert len(unseen) < 6, unseen


@pytest.mark.slow
@pytest.mark.timeout(0 if COUNT > 10000 else 240)
def test_no_value_leaves_in_a_report_whatever_field_it_is_in():
    found, withheld = [], 0
    for number in range(REPORTS):
        each = case(SEED + 1, 2 * number)
        field = FIELDS[number % len(FIELDS)]
        identity = as_identity(each.identity)
        try:
            payload = compose(
                evidence(field, each.text, identity),
                identity=identity,
                report_id="0" * 32,
            )
        except WithheldError:
            withheld += 1
            continue
        if leaked(readable(payload), each.secrets):
            found.append((each.number, each.family, each.carrier, field))
    assert found == []
    assert withheld <= REPORTS / 50
