"""The flags page: what it says, who dies while writing it, who has it mapped."""

import fcntl
import itertools
import mmap
import os
from datetime import UTC, datetime

import pytest

from reports.consent import flags_page
from reports.consent.flags_page import Flags, clear_flags, read_flags, write_flags
from reports.consent.record import Category, Given, Occasion, State, Terms
from reports.consent.record_file import choose
from reports.errors import StorageError

TERMS = Terms(1, "ab" * 32)
FLAGS = Flags({Category.USAGE: 11, Category.PLUGINS: 12}, TERMS, b"stamp")
NONE = Flags({}, TERMS, b"stamp")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "flags"


@pytest.fixture
def mapped(path):
    """As a terminal has it."""
    write_flags(path, FLAGS)
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 4096, access=mmap.ACCESS_READ)


def test_it_says_what_was_written(path):
    write_flags(path, FLAGS)
    assert read_flags(path) == FLAGS
    assert path.stat().st_mode & 0o777 == 0o600


def test_without_a_grant_no_page_is_made(path):
    write_flags(path, NONE)
    assert not path.exists()
    clear_flags(path, list(Category))
    assert not path.exists()


def test_a_terminal_sees_each_change_in_one_byte(path, mapped):
    seen = {mapped[8]}
    assert mapped[8]
    clear_flags(path, [Category.USAGE])
    assert mapped[16:24] == bytes(8)
    seen.add(mapped[8])
    assert read_flags(path).grants == {Category.PLUGINS: 12}
    clear_flags(path, [Category.PLUGINS])
    assert mapped[8] == 0
    write_flags(path, FLAGS)
    seen.add(mapped[8])
    assert len(seen) == 3
    assert 0 not in seen


def test_every_state_is_another_for_255_changes(path, mapped):
    states = []
    for _ in range(300):
        write_flags(path, NONE)
        write_flags(path, FLAGS)
        states.append(mapped[8])
    assert 0 not in states
    assert all(a != b for a, b in itertools.pairwise(states))


def test_clearing_what_is_off_turns_nothing_on(path, mapped):
    write_flags(path, NONE)
    clear_flags(path, [Category.USAGE])
    assert mapped[8] == 0


def test_a_refusal_clears_the_page_whoever_records_it(tmp_path, mapped):
    occasion = Occasion(Given.WINDOW, NOW, TERMS, "1")
    record, log = tmp_path / "consent.json", tmp_path / "consent.log"
    choose(record, log, {Category.PLUGINS: State.REFUSED}, occasion)
    assert read_flags(tmp_path / "flags").grants == {Category.USAGE: 11}
    choose(record, log, {Category.USAGE: State.REFUSED}, occasion)
    assert mapped[8] == 0


def test_a_refusal_that_cannot_be_recorded_clears_it_too(tmp_path, mapped):
    occasion = Occasion(Given.CLI, NOW, TERMS, "1")
    log = tmp_path / "consent.log"
    log.mkdir()
    with pytest.raises(StorageError):
        choose(
            tmp_path / "consent.json", log, {Category.USAGE: State.REFUSED}, occasion
        )
    assert mapped[16:24] == bytes(8)


def test_a_page_left_half_written_is_off(path):
    write_flags(path, FLAGS)
    data = bytearray(path.read_bytes())
    data[8] = 0  # where the writer died
    path.write_bytes(bytes(data))
    assert read_flags(path).grants == {}
    clear_flags(path, [Category.PLUGINS])
    assert read_flags(path).grants == {}


@pytest.mark.parametrize(
    "data", [b"", b"x" * 4096, b"CWFLAG\0\2" + bytes(4088), b"CWFLAG\0\1"]
)
def test_an_odd_page_says_nothing_and_is_mended(path, data):
    path.write_bytes(data)
    path.chmod(0o600)
    assert read_flags(path) is None
    clear_flags(path, list(Category))
    write_flags(path, FLAGS)
    assert read_flags(path) == FLAGS


def test_a_link_or_a_page_others_may_write_is_not_believed(path, tmp_path):
    write_flags(tmp_path / "real", FLAGS)
    path.symlink_to(tmp_path / "real")
    assert read_flags(path) is None
    with pytest.raises(StorageError):
        write_flags(path, FLAGS)
    path.unlink()
    write_flags(path, FLAGS)
    path.chmod(0o622)
    assert read_flags(path) is None


def test_it_is_never_cut_or_replaced(path, mapped):
    before = path.stat().st_ino
    write_flags(path, NONE)
    write_flags(path, FLAGS)
    clear_flags(path, list(Category))
    after = path.stat()
    assert (after.st_ino, after.st_size) == (before, flags_page.PAGE_BYTES)


def test_a_stopped_writer_does_not_delay_a_refusal(path, mapped, monkeypatch):
    monkeypatch.setattr(flags_page, "LOCK_SECONDS", 0.05)
    handle = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        clear_flags(path, [Category.USAGE])
    finally:
        os.close(handle)
    assert mapped[8] == 0
