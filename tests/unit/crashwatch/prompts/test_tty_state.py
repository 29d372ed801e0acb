"""A terminal put right, on a pseudo-terminal."""

from __future__ import annotations

import os
import re
import termios
import tty

import pytest

from crashwatch.prompts import tty_state


@pytest.fixture
def pair():
    master, slave = os.openpty()
    yield master, slave
    os.close(master)
    os.close(slave)


def test_what_was_saved_comes_back(pair):
    _, slave = pair
    saved = tty_state.save(slave)
    tty.setraw(slave)
    os.set_blocking(slave, False)
    tty_state.restore(slave, saved)
    assert termios.tcgetattr(slave) == saved
    assert os.get_blocking(slave)


def test_without_saved_attributes_raw_mode_is_made_usable(pair):
    _, slave = pair
    tty.setraw(slave)
    tty_state.restore(slave, None)
    taken_in, put_out, _, local, *_ = termios.tcgetattr(slave)
    assert taken_in & termios.ICRNL
    assert put_out & (termios.OPOST | termios.ONLCR) == termios.OPOST | termios.ONLCR
    for flag in (termios.ICANON, termios.ECHO, termios.ISIG):
        assert local & flag


def test_the_question_is_asked_byte_by_byte_and_all_is_put_back(pair):
    master, slave = pair
    saved = termios.tcgetattr(slave)
    with tty_state.question_mode(slave, saved):
        inside = termios.tcgetattr(slave)[3]
        assert not inside & (termios.ICANON | termios.ECHO | termios.ISIG)
        os.write(master, b"typed ahead\r")
        tty_state.discard_input(slave)
        os.set_blocking(slave, False)
        with pytest.raises(BlockingIOError):
            os.read(slave, 100)
    assert termios.tcgetattr(slave) == saved


def test_the_attributes_given_are_not_changed(pair):
    _, slave = pair
    saved = termios.tcgetattr(slave)
    kept = [*saved[:6], list(saved[6])]
    tty_state.for_question(saved)
    tty_state.sane(saved)
    assert saved == kept


def test_what_is_no_terminal_has_nothing_to_save():
    source, sink = os.pipe()
    try:
        assert tty_state.save(source) is None
        assert not tty_state.in_foreground(source)
        with pytest.raises(termios.error):
            tty_state.restore(source, None)
    finally:
        os.close(source)
        os.close(sink)


def test_the_sequences_turn_off_and_move_nothing():
    turned_on = re.findall(r"\x1b\[\?(\d+)h", tty_state.RESTORE_SCREEN)
    # Showing the cursor and wrapping at the edge: how every terminal begins.
    assert sorted(turned_on) == ["25", "7"]
    assert "\n" not in tty_state.RESTORE_SCREEN
    assert "\x1b[2J" not in tty_state.RESTORE_SCREEN
