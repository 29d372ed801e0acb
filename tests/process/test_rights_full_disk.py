"""On a full disk a refusal and an erasure are what make room: both are carried out."""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reports.consent.record import Category, Given, Occasion, Terms
from reports.consent.record_file import grant
from reports.home import Home, open_home
from reports.lifecycle import State
from reports.spool.directory import Spool
from tests.doubles.command_line import crashwatch, crashwatch_json
from tests.doubles.sample_payload import sample_payload
from tests.doubles.small_disk import fill, small_disk

pytestmark = pytest.mark.process

OCCASION = Occasion(Given.CLI, datetime.now(UTC), Terms(1, "0" * 64), "0.1.0")


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Home]:
    """A home with a report that waits and a choice, on a disk that is full, and too
    small for the spool's reserve."""
    with small_disk(tmp_path / "disk", "60k") as disk:
        home = open_home(disk / "home")
        spool = Spool(home)
        spool.add(sample_payload())
        grant(home.consent_record, home.consent_log, [Category.USAGE], OCCASION)
        fill(disk)
        yield home


def choices(home: Home) -> dict[str, str]:
    rows = crashwatch_json("consent", "show", CRASHWATCH_HOME=str(home.root))
    return {row["category"]: row["state"] for row in rows}


def test_a_refusal_deletes_first_where_it_cannot_be_written(full: Home) -> None:
    answer = crashwatch("consent", "revoke", CRASHWATCH_HOME=str(full.root))
    assert (answer.status, answer.err) == (0, "")
    assert "1 report not sent yet: deleted." in answer.out
    assert choices(full) == {
        "crash": "never",
        "usage": "refused",
        "performance": "refused",
        "features": "refused",
        "plugins": "refused",
    }
    assert list(Spool(full).list_reports(State.PENDING, State.QUEUED)) == []


def test_a_refusal_that_cannot_be_recorded_says_what_is_in_force(full: Home) -> None:
    disk = full.root.parent
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    answer = crashwatch("consent", "revoke", CRASHWATCH_HOME=str(full.root))
    assert answer.status == 1
    assert "your refusal could not be recorded" in answer.error_lines[0]
    assert "stays allowed" in answer.error_lines[0]


def test_a_report_that_cannot_be_deleted_keeps_neither_refusal_nor_the_others(
    full: Home,
) -> None:
    (full.root.parent / "filler").unlink()
    Spool(full).add(sample_payload(created="2026-11-02T10:00:00+00:00"))
    first, *_ = [row.id for row in Spool(full).list_reports(State.PENDING)]
    stuck = full.in_state(State.PENDING) / first
    subprocess.run(["mount", "--bind", stuck, stuck], check=True)
    try:
        answer = crashwatch("consent", "revoke", CRASHWATCH_HOME=str(full.root))
    finally:
        subprocess.run(["umount", "--lazy", stuck], check=True)
    assert answer.status == 1
    assert answer.error_lines[0].startswith("crashwatch: refused, and nothing of it is")
    assert choices(full)["crash"] == "never"
    assert [row.id for row in Spool(full).list_reports(State.PENDING)] == [first]


def test_erasing_goes_on_where_the_end_of_a_grant_cannot_be_written(full: Home) -> None:
    answer = crashwatch("erase", "--yes", "--json", CRASHWATCH_HOME=str(full.root))
    assert (answer.status, answer.err) == (0, "")
    assert json.loads(answer.out)["left"] == {}
    assert [path for path in full.root.rglob("*") if path.is_file()] == []


def test_erasing_where_nothing_may_be_written_names_what_is_left(
    full: Home,
) -> None:
    disk = full.root.parent
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    answer = crashwatch("erase", "--yes", CRASHWATCH_HOME=str(full.root))
    assert answer.status == 1
    assert "consent.json: Read-only file system" in answer.out
    assert "files could not be erased" in answer.error_lines[0]


def test_a_choice_that_cannot_be_written_leaves_nothing_behind(full: Home) -> None:
    answer = crashwatch("consent", "grant", "crash", CRASHWATCH_HOME=str(full.root))
    assert answer.status == 1
    assert "could not be recorded: no space left on device" in answer.err
    assert choices(full)["crash"] == "ask"
    known = {full.consent_record, full.consent_log, full.root / "flags"}
    assert {path for path in full.root.iterdir() if path.is_file()} <= known
