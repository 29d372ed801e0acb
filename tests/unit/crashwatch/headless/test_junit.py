"""JUnit XML: valid against our schema, and read back by a reader of somebody else."""

from pathlib import Path

import junitparser
import pytest
from lxml import etree

from crashwatch.headless.junit import junit_xml
from tests.doubles.sample_runs import EVERY_KIND, crashed, hostile, hung, run

SCHEMA = Path(__file__).parents[4] / "docs" / "schemas" / "junit.xsd"


@pytest.fixture(scope="module")
def schema():
    return etree.XMLSchema(etree.parse(str(SCHEMA)))


def cases(document):
    (suite,) = junitparser.JUnitXml.fromstring(document)
    return suite, list(suite)


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_every_kind_of_run_is_valid(kind, schema):
    schema.assertValid(etree.fromstring(junit_xml([EVERY_KIND[kind]])))


def test_the_schema_refuses_what_is_none(schema):
    document = junit_xml([run()]).replace(b"<system-out>", b"<output>")
    document = document.replace(b"</system-out>", b"</output>")
    assert not schema.validate(etree.fromstring(document))


def test_a_crash_is_a_failed_case():
    suite, (case,) = cases(junit_xml([crashed()]))
    assert (suite.tests, suite.failures, suite.errors) == (1, 1, 0)
    (failure,) = case.result
    assert isinstance(failure, junitparser.Failure)
    assert failure.type == "SIGSEGV"
    assert failure.message == "main.py crashed (SIGSEGV)."
    assert "<app>/crashes.py:8" in failure.text
    assert case.time == 2.5


@pytest.mark.parametrize("kind", ["passed", "exit 7"])
def test_a_run_without_a_crash_passes(kind):
    suite, (case,) = cases(junit_xml([EVERY_KIND[kind]]))
    assert (suite.tests, suite.failures, suite.errors) == (1, 0, 0)
    assert case.is_passed
    assert "main.py ended with exit status" in case.system_out


def test_one_that_was_killed_is_neither():
    suite, (case,) = cases(junit_xml([EVERY_KIND["killed"]]))
    assert (suite.failures, suite.errors) == (0, 1)
    assert isinstance(case.result[0], junitparser.Error)
    assert case.result[0].type == "SIGKILL"


@pytest.mark.parametrize("kind", ["timed out", "timed out unseen"])
def test_one_that_took_too_long(kind):
    _, (case,) = cases(junit_xml([EVERY_KIND[kind]]))
    assert case.result[0].type == "timeout"
    assert case.result[0].message == "main.py was ended after 5 seconds."


def test_each_run_of_a_hunt_is_a_case():
    suite, found = cases(junit_xml([run(), hung(), crashed()]))
    assert (suite.tests, suite.failures) == (3, 2)
    assert [case.name for case in found] == [
        f"run {number} of main.py" for number in (1, 2, 3)
    ]
    assert [case.is_passed for case in found] == [True, False, False]


def test_what_a_report_says_is_text():
    _, (case,) = cases(junit_xml([hostile()]))
    assert "</b><script src=x>\\x1b]0;t" in case.result[0].text
    assert "\u202e" not in case.result[0].text
