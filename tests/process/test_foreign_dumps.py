"""Dumps from elsewhere: ingested through the same walls, also as they appear."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.doubles.target_program import run_to_end, running, supervised

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

CRASHWATCH = [sys.executable, "-m", "crashwatch"]


@pytest.fixture
def dump(programs: Path, tmp_path: Path) -> Path:
    """A real dump, by a real crash."""
    folder = tmp_path / "artifacts"
    crash = [sys.executable, str(programs / "null_read.py")]
    run_to_end(supervised(crash, "--headless", f"--artifacts={folder}"))
    return folder / "crash.dmp"


def rows() -> list[dict[str, object]]:
    read: list[dict[str, object]] = json.loads(
        run_to_end([*CRASHWATCH, "reports", "list", "--json"]).output
    )
    return read


def test_ingest_keeps_a_report(dump: Path) -> None:
    before = len(rows())
    ending = run_to_end([*CRASHWATCH, "ingest", str(dump)])
    assert ending.fate == "exit 0", ending.errors
    *_, newest = rows()
    assert len(rows()) == before + 1
    assert newest["reason"] == {"kind": "signal", "signal": "SIGSEGV"}


def test_what_is_no_dump_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "broken.dmp"
    file.write_bytes(b"MDMP" + b"\xff" * 60)
    ending = run_to_end([*CRASHWATCH, "ingest", str(file)])
    assert ending.fate == "exit 1"
    assert ending.errors.startswith(b"crashwatch: broken.dmp: ")
    assert ending.errors.count(b"\n") == 1
    assert rows() == []


def test_watch_takes_each_dump_once_it_is_whole(dump: Path, tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    before = len(rows())
    with running([*CRASHWATCH, "watch", str(folder)]) as watch:
        watch.wait_for_text("Waiting for")
        with (folder / "written.dmp").open("wb") as file:
            half = dump.read_bytes()
            file.write(half[: len(half) // 2])
            file.flush()
            file.write(half[len(half) // 2 :])
        watch.wait_for_text("written.dmp: kept")
        shutil.copy(dump, folder / "moved.partial")
        (folder / "moved.partial").rename(folder / "moved.dmp")
        watch.wait_for_text("moved.dmp: kept")
    assert len(rows()) == before + 2
