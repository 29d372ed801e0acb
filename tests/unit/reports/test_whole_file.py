"""A file for the person is whole or not there, and nothing is lost for it."""

import errno
import os
from pathlib import Path

import pytest

from reports.whole_file import write_whole
from tests.doubles.small_disk import fill, small_disk


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_it_is_the_persons_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_whole(tmp_path / "page.html", b"all of it")
    finally:
        os.umask(before)
    assert (tmp_path / "page.html").read_bytes() == b"all of it"
    assert (tmp_path / "page.html").stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == {"page.html"}


@pytest.mark.parametrize("make", [Path.touch, Path.mkdir])
def test_what_is_there_stays(make, tmp_path: Path) -> None:
    make(tmp_path / "page.html")
    with pytest.raises(FileExistsError):
        write_whole(tmp_path / "page.html", b"new")
    assert names(tmp_path) == {"page.html"}


def test_with_force_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "page").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "there" / "page")
    write_whole(tmp_path / "link", b"new", force=True)
    assert (tmp_path / "link").read_bytes() == b"new"
    assert (tmp_path / "there" / "page").read_bytes() == b"old"
    assert names(tmp_path) == {"there", "link"}


def test_a_device_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    write_whole(Path("/dev/null"), b"new", force=True)
    assert Path("/dev/null").is_char_device()


def test_a_name_as_long_as_may_be(tmp_path: Path) -> None:
    write_whole(tmp_path / ("x" * 255), b"new")
    assert names(tmp_path) == {"x" * 255}


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP])
def test_a_file_system_without_links_has_it_renamed(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", refuse)
    write_whole(tmp_path / "page.html", b"new")
    assert names(tmp_path) == {"page.html"}


@pytest.mark.parametrize("before", [b"", b"old"])
def test_a_full_disk_changes_nothing(before: bytes, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "100k") as disk:
        page = disk / "page.html"
        if before:
            page.write_bytes(before)
        filler = fill(disk)
        os.truncate(filler, filler.stat().st_size - 8192)  # room for a part of it
        with pytest.raises(OSError, match="No space") as caught:
            write_whole(page, bytes(50_000), force=True)
        assert caught.value.errno == errno.ENOSPC
        assert names(disk) - {"refused"} == {
            "filler",
            *(["page.html"] if before else []),
        }
        assert not before or page.read_bytes() == before
