"""The home: created private, trusted only when nobody else can write in it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from reports.errors import StorageError
from reports.home import Home, find_home, open_home, read_home
from reports.lifecycle import STORED, State
from tests.doubles.requirement import IN_CI

needs_root = pytest.mark.skipif(
    os.geteuid() != 0 and not IN_CI,
    reason="giving a folder to another user needs root: run the tests in a container",
)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_missing_home_is_made_private_with_its_parents(tmp_path):
    previous = os.umask(0)
    try:
        home = open_home(tmp_path / "state" / "crashwatch")
    finally:
        os.umask(previous)
    assert mode_of(home.root) == mode_of(home.root.parent) == 0o700
    assert list(home.root.iterdir()) == []


def test_a_home_for_reading_creates_nothing(tmp_path):
    home = read_home(tmp_path / "none")
    assert not home.root.exists()
    assert home.in_state(State.SENT) == tmp_path / "none" / "reports" / "sent"
    assert not home.root.exists()


def test_a_home_others_may_read_is_narrowed(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home").chmod(0o755)
    assert mode_of(open_home(tmp_path / "home").root) == 0o700


def test_reading_narrows_nothing(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home").chmod(0o755)
    assert mode_of(read_home(tmp_path / "home").root) == 0o755


@pytest.mark.parametrize("opener", [open_home, read_home])
@pytest.mark.parametrize("below", [".", "reports", "reports/queued", "upload"])
class TestRefused:
    @staticmethod
    def prepare(tmp_path: Path, below: str) -> tuple[Path, Path]:
        home = open_home(tmp_path / "home")
        home.make_folder(home.in_state(State.QUEUED))
        home.make_folder(home.upload)
        return home.root, home.root / below

    def test_a_symbolic_link(self, tmp_path, opener, below):
        root, folder = self.prepare(tmp_path, below)
        folder.rename(tmp_path / "elsewhere")
        folder.symlink_to(tmp_path / "elsewhere")
        with pytest.raises(StorageError, match="symbolic link") as caught:
            opener(root)
        assert caught.value.hint

    def test_a_file(self, tmp_path, opener, below):
        root, folder = self.prepare(tmp_path, below)
        folder.rename(tmp_path / "elsewhere")
        folder.write_text("")
        with pytest.raises(StorageError, match="not a folder"):
            opener(root)

    @pytest.mark.parametrize("mode", [0o770, 0o702, 0o777, 0o1777])
    def test_writable_by_others(self, tmp_path, opener, below, mode):
        root, folder = self.prepare(tmp_path, below)
        folder.chmod(mode)
        with pytest.raises(StorageError, match="may be written by others"):
            opener(root)

    @needs_root
    def test_another_owner(self, tmp_path, opener, below):
        root, folder = self.prepare(tmp_path, below)
        os.chown(folder, 12345, 12345)
        with pytest.raises(StorageError, match="belongs to user 12345"):
            opener(root)


def test_a_home_that_cannot_be_made_says_why(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be used: Not a directory"):
        open_home(tmp_path / "file" / "home" / "x")


def test_make_folder_makes_each_part_private(tmp_path):
    home = open_home(tmp_path / "home")
    home.make_folder(home.in_state(State.PENDING))
    assert mode_of(home.reports) == mode_of(home.in_state(State.PENDING)) == 0o700


def test_the_paths_are_those_of_the_design():
    home = Home(Path("/h"))
    assert [
        str(path)
        for path in (
            home.config,
            home.consent_record,
            home.consent_log,
            home.flags,
            home.identity,
            home.runs,
            home.usage,
            home.upload,
        )
    ] == [
        "/h/config.toml",
        "/h/consent.json",
        "/h/consent.log",
        "/h/flags",
        "/h/identity",
        "/h/runs",
        "/h/usage",
        "/h/upload",
    ]
    assert {path.name for path in map(home.in_state, STORED)} == {
        "pending",
        "queued",
        "sent",
        "withheld",
        "quarantine",
    }


@pytest.mark.parametrize("state", [State.NEW, State.DISCARDED])
def test_the_ends_have_no_folder(state):
    with pytest.raises(ValueError, match="not kept in a folder"):
        Home(Path("/h")).in_state(state)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"CRASHWATCH_HOME": "/a", "XDG_STATE_HOME": "/b", "HOME": "/c"}, "/a"),
        ({"XDG_STATE_HOME": "/b", "HOME": "/c"}, "/b/crashwatch"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/c"}, "/c/.local/state/crashwatch"),
        ({"CRASHWATCH_HOME": "", "HOME": "/c"}, "/c/.local/state/crashwatch"),
    ],
)
def test_where_the_home_is(environment, expected):
    assert find_home(environment) == Path(expected)


def test_a_relative_home_is_below_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_home({"CRASHWATCH_HOME": "x"}) == tmp_path / "x"


def test_no_home_at_all_is_said():
    with pytest.raises(StorageError, match="no home directory"):
        find_home({})
