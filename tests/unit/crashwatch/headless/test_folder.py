"""The folder of --artifacts: whole files, for their owner alone, of this run only."""

import json
import os
from pathlib import Path

import jsonschema
import msgspec
import pytest

from crashwatch.headless.folder import clear, files_of, read_run, write_files
from crashwatch.headless.outcome import FoundReport
from reports.crash_report import Outcome
from tests.doubles.sample_report import sample_report, samples
from tests.doubles.sample_runs import EVERY_KIND, crashed, finding, run

SCHEMAS = Path(__file__).parents[4] / "docs" / "schemas"
ALWAYS = {
    *("run.json", "report.md", "junit.xml", "report.sarif"),
    *("timeline.json", "timeline.svg"),
}


def nowhere(_frame):
    return ""


def names(folder):
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_what_every_run_leaves(kind):
    files = files_of(EVERY_KIND[kind], nowhere)
    assert files.keys() >= ALWAYS
    assert ("report.html" in files) == ("report.json" in files)


def test_a_crash_leaves_its_report_and_minidump():
    files = files_of(crashed(), nowhere)
    assert files.keys() - ALWAYS == {"report.json", "report.html", "crash.dmp"}
    assert files["crash.dmp"] == b"MDMP"


def test_a_second_report_has_a_number():
    two = run(finding(sample_report()), finding(sample_report()))
    assert files_of(two, nowhere).keys() >= {"report-1.json", "report-1.html"}


@pytest.mark.parametrize("kind", [kind for kind in EVERY_KIND if kind != "hostile"])
def test_the_json_is_as_its_schema_says(kind):
    files = files_of(EVERY_KIND[kind], nowhere)
    for name in ("run", "timeline"):
        schema = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))
        jsonschema.validate(json.loads(files[f"{name}.json"]), schema)


def test_the_timeline_is_the_samples():
    told = json.loads(files_of(crashed(), nowhere)["timeline.json"])
    assert told["schema"] == 1
    assert told["samples"] == [sample._asdict() for sample in samples()]


def test_files_are_for_their_owner_alone_whoever_made_them_before(tmp_path):
    before = tmp_path / "junit.xml"
    before.write_text("old")
    before.chmod(0o666)
    umask = os.umask(0)
    try:
        write_files(tmp_path, {"junit.xml": b"new", "report.md": b"text"})
    finally:
        os.umask(umask)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    assert before.read_bytes() == b"new"


def test_a_link_is_replaced_and_not_followed(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    (tmp_path / "junit.xml").symlink_to(elsewhere)
    write_files(tmp_path, {"junit.xml": b"new"})
    assert elsewhere.read_text() == "mine"
    assert not (tmp_path / "junit.xml").is_symlink()


def test_what_an_earlier_run_left_goes(tmp_path):
    write_files(tmp_path, files_of(crashed(), nowhere))
    (tmp_path / "report-1.json").write_text("{}")
    (tmp_path / "coverage.xml").write_text("theirs")
    write_files(tmp_path, files_of(run(), nowhere))
    assert names(tmp_path) == ALWAYS | {"coverage.xml"}


def test_what_somebody_else_left_stays(tmp_path):
    (tmp_path / "report.html").write_text("theirs")
    write_files(tmp_path, files_of(run(), nowhere))
    assert (tmp_path / "report.html").read_text() == "theirs"


def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    (tmp_path / "report.md").mkdir()
    with pytest.raises(OSError, match=r"report\.md"):
        write_files(tmp_path, {"junit.xml": b"whole", "report.md": b"text"})
    assert names(tmp_path) == {"junit.xml", "report.md"}


def test_a_run_is_read_back(tmp_path):
    write_files(tmp_path, files_of(crashed(), nowhere))
    record = msgspec.structs.replace(
        crashed().record, found=(FoundReport(Outcome.SIGNAL, None, "report.json"),)
    )
    (tmp_path / "run.json").write_bytes(msgspec.json.encode(record))
    found = read_run(tmp_path)
    assert found.record == record
    assert found.findings[0].report.reason.signal == "SIGSEGV"


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"{", b"[]", b"null", b'"\xff"', b"{}", b'{"schema":"1"}'),
        json.dumps({"found": [{"kind": "signal", "file": "../x.json"}]}).encode(),
    ],
)
def test_what_is_no_record_is_no_run(data, tmp_path):
    (tmp_path / "run.json").write_bytes(data)
    assert read_run(tmp_path) is None


def test_a_record_without_its_report_is_no_run(tmp_path):
    record = msgspec.structs.replace(
        run().record, found=(FoundReport(Outcome.SIGNAL, None, "report.json"),)
    )
    (tmp_path / "run.json").write_bytes(msgspec.json.encode(record))
    assert read_run(tmp_path) is None


def test_clearing_removes_what_is_ours_and_nothing_else(tmp_path):
    folder = tmp_path / "run-1"
    write_files(folder, files_of(crashed(), nowhere))
    (folder / "core").write_text("theirs")
    clear(folder)
    assert names(folder) == {"core"}
    (folder / "core").unlink()
    clear(folder)
    assert not folder.exists()
    clear(folder)
