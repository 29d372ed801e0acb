"""A file that the person asked for, on a full disk: one line, and no part of it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reports.home import open_home
from reports.spool.directory import Spool
from tests.doubles.command_line import crashwatch, environment
from tests.doubles.sample_payload import sample_payload
from tests.doubles.small_disk import fill, small_disk
from tests.doubles.target_program import run_to_end, supervised

pytestmark = pytest.mark.process

ROOM = 4096


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for a part of a file only."""
    with small_disk(tmp_path / "disk", "100k") as disk:
        filler = fill(disk)
        os.truncate(filler, filler.stat().st_size - ROOM)
        yield disk


def left(disk: Path) -> set[str]:
    return {path.name for path in disk.rglob("*")} - {"filler", "refused"}


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("reports", "show", "--html"), "page.html"),
        (("export", "--output"), "all.zip"),
    ],
)
def test_no_part_is_left(
    words: tuple[str, ...], name: str, full: Path, crashwatch_home: Path
) -> None:
    Spool(open_home(crashwatch_home)).add(sample_payload(minidump=os.urandom(20_000)))
    answer = crashwatch(*words, str(full / name))
    assert (answer.status, answer.out) == (1, "")
    assert "No space left on device" in answer.error_lines[0]
    assert left(full) == set()


@pytest.mark.parametrize(
    "words", [["run", "--help"], ["--help"], ["disclosure"], ["status", "--json"]]
)
def test_what_cannot_be_printed_is_said_in_one_line(words: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "crashwatch", *words],
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    assert ended.returncode == 1
    assert ended.stderr == b"crashwatch: No space left on device\n"


def test_what_fits_of_the_artifacts_is_whole_and_the_rest_is_named(full: Path) -> None:
    crash = [sys.executable, "-c", "import ctypes; ctypes.string_at(0)"]
    folder = full / "artifacts"
    ending = run_to_end(supervised(crash, "--headless", f"--artifacts={folder}"))
    assert ending.fate == "SIGSEGV"
    (line,) = [
        line for line in ending.errors.decode().splitlines() if "not written" in line
    ]
    assert line.startswith(f"crashwatch: not written in {folder}: ")
    assert line.endswith(": No space left on device")
    missing = set(line.split(": ")[2].split(", "))
    assert "report.html" in missing
    whole = left(full) - {"artifacts"}
    assert len(whole) == 1
    assert not whole & missing
    assert not any(name.startswith(".") for name in whole)
