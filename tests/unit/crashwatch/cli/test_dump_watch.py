"""Dumps that appear in a folder are named once each, however they come to be there."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from crashwatch.cli.dump_watch import dumps_in


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "drop"
    made.mkdir()
    return made


@pytest.fixture
def arrivals(folder: Path) -> Iterator[Iterator[Path]]:
    """The watch, running: the dump that was there before has been named."""
    (folder / "before.dmp").write_bytes(b"0")
    found = dumps_in(folder)
    assert next(found) == folder / "before.dmp"
    yield found
    found.close()


def test_one_that_was_moved_from_a_folder_beside_it(arrivals, folder, tmp_path):
    """Crashpad writes in ``new`` and renames into ``pending``: watch the latter."""
    (tmp_path / "new.dmp").write_bytes(b"1")
    (tmp_path / "new.dmp").rename(folder / "pending.dmp")
    assert next(arrivals) == folder / "pending.dmp"


def test_one_that_gets_its_name_when_it_is_whole(arrivals, folder):
    (folder / "part").write_bytes(b"1")
    (folder / "part").rename(folder / "whole.dmp")
    assert next(arrivals) == folder / "whole.dmp"


def test_one_that_is_written_in_place_is_named_when_it_is_closed(arrivals, folder):
    """Were it named when it appears or changes, it would come before the other."""
    with (folder / "slow.dmp").open("wb") as file:
        file.write(b"1")
        file.flush()
        (folder / "part").write_bytes(b"1")
        (folder / "part").rename(folder / "other.dmp")
        assert next(arrivals) == folder / "other.dmp"
        file.write(b"2")
    assert next(arrivals) == folder / "slow.dmp"
    assert (folder / "slow.dmp").read_bytes() == b"12"


def test_one_that_is_linked_here(arrivals, folder, tmp_path):
    (tmp_path / "there.dmp").write_bytes(b"1")
    os.link(tmp_path / "there.dmp", folder / "linked.dmp")
    assert next(arrivals) == folder / "linked.dmp"


def test_those_in_a_folder_that_is_moved_here(arrivals, folder, tmp_path):
    made = tmp_path / "made"
    made.mkdir()
    for name in ("a.dmp", "b.dmp"):
        (made / name).write_bytes(b"1")
    made.rename(folder / "moved")
    assert next(arrivals) == folder / "moved" / "a.dmp"
    assert next(arrivals) == folder / "moved" / "b.dmp"


def test_the_same_name_with_another_content_is_another_dump(arrivals, folder):
    (folder / "one.dmp").write_bytes(b"1")
    assert next(arrivals) == folder / "one.dmp"
    (folder / "part").write_bytes(b"2")
    (folder / "part").rename(folder / "one.dmp")
    assert next(arrivals) == folder / "one.dmp"


def test_other_files_and_those_that_are_gone_already_are_not_named(arrivals, folder):
    (folder / "notes.txt").write_bytes(b"1")
    (folder / "last.dmp").write_bytes(b"1")
    assert next(arrivals) == folder / "last.dmp"
    (folder / "short-lived.dmp").write_bytes(b"1")
    (folder / "short-lived.dmp").unlink()
    (folder / "end.dmp").write_bytes(b"1")
    assert next(arrivals) == folder / "end.dmp"
