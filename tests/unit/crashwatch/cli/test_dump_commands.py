"""``inspect`` and ``ingest``: what they print, keep and answer with."""

import json
import os
import struct
from pathlib import Path

import pytest

from crashwatch.cli import foreign_dumps
from reports.minidump import Minidump
from reports.minidump.structures import StreamType
from tests.doubles.command_line import answer_here
from tests.doubles.synthetic_minidump import small_dump


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "other.dmp"
    built = small_dump()
    built.crashpad(bytes(16), [("channel", "beta"), ("user", "mireille")])
    path.write_bytes(built.build(time=1_700_000_000))
    return path


@pytest.fixture
def broken(dump: Path) -> Path:
    """A module's name lies outside the file; everything else is whole."""
    data = bytearray(dump.read_bytes())
    modules = Minidump(bytes(data)).locate(StreamType.MODULE_LIST)
    assert modules is not None
    struct.pack_into("<I", data, modules.rva + 4 + 20, 0xFFFFFF00)
    dump.write_bytes(data)
    return dump


def listed(capfd):
    return json.loads(answer_here(capfd, "reports", "list", "--json").out)


def test_inspect_answers_0_for_a_whole_dump(dump, capfd):
    answer = answer_here(capfd, "inspect", dump)
    assert (answer.status, answer.err) == (0, "")


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_inspect_prints_what_it_can_of_a_broken_one_and_answers_1(broken, capfd, form):
    answer = answer_here(capfd, "inspect", broken, *form)
    assert answer.status == 1
    assert "alpha" in answer.out
    assert "MODULE_LIST" in answer.out
    assert "SIGSEGV" in answer.out


@pytest.mark.parametrize("command", ["inspect", "ingest"])
def test_what_is_no_dump_is_one_line_and_1(tmp_path, capfd, command):
    path = tmp_path / "text.dmp"
    path.write_bytes(b"not a dump at all")
    answer = answer_here(capfd, command, path)
    assert answer.status == 1
    assert len(answer.error_lines) == 1
    assert "offset" in answer.err


@pytest.mark.parametrize("command", ["inspect", "ingest"])
def test_a_fifo_is_refused_at_once(tmp_path, capfd, command):
    path = tmp_path / "fifo.dmp"
    os.mkfifo(path)
    answer = answer_here(capfd, command, path)
    assert answer.status == 1
    assert "not a regular file" in answer.err


def test_ingest_keeps_a_report_that_says_what_was_left_out(dump, capfd):
    answer = answer_here(capfd, "ingest", dump)
    assert (answer.status, answer.err) == (0, "")
    (row,) = listed(capfd)
    shown = answer_here(capfd, "reports", "show", row["id"])
    assert "stream dropped: crashpad_info" in shown.out
    assert "beta" not in shown.out
    assert "mireille" not in shown.out


def test_a_dump_that_is_too_large_is_told_and_not_cut(dump, capfd, monkeypatch):
    monkeypatch.setattr(foreign_dumps.read_dump, "__defaults__", (2048,))
    answer = answer_here(capfd, "ingest", dump)
    assert answer.status == 1
    assert "larger than 0 MiB, the most we take in" in answer.err
    assert listed(capfd) == []


def test_a_withheld_one_leaves_the_rules_that_refused_it(dump, capfd, monkeypatch):
    """Here a variable of the environment is the name of its processor."""
    monkeypatch.setenv("MY_PROCESSOR", "GenuineIntel")
    answer = answer_here(capfd, "ingest", dump)
    assert answer.status == 1
    assert "personal data was found" in answer.err
    (row,) = listed(capfd)
    assert row["state"] == "withheld"
    shown = answer_here(capfd, "reports", "show", row["id"])
    assert "environment:" in shown.out
    assert "Genuine" not in shown.out


def test_several_are_each_taken_or_told(dump, tmp_path, capfd):
    (tmp_path / "bad.dmp").write_bytes(b"x")
    answer = answer_here(capfd, "ingest", tmp_path / "bad.dmp", dump)
    assert answer.status == 1
    assert answer.error_lines[0].startswith("crashwatch: bad.dmp: ")
    assert "other.dmp: kept as report" in answer.out


def test_several_in_json_and_quietly(dump, tmp_path, capfd):
    bad = tmp_path / "bad.dmp"
    bad.write_bytes(b"x")
    answer = answer_here(capfd, "ingest", bad, dump, "--json")
    assert (answer.status, answer.err) == (1, "")
    refused, kept = json.loads(answer.out)
    assert refused["file"] == str(bad)
    assert refused["report"] is None
    assert "offset" in refused["error"]
    assert kept == {"file": str(dump), "report": listed(capfd)[0]["id"], "error": None}

    answer = answer_here(capfd, "ingest", "--quiet", dump)
    assert (answer.status, answer.out, answer.err) == (0, "", "")
    answer = answer_here(capfd, "ingest", "--quiet", bad)
    assert answer.status == 1
    assert answer.error_lines[0].startswith("crashwatch: bad.dmp: ")
