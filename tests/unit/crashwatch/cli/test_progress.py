"""A bar for a person: after half a second, on a terminal, gone at the end."""

from __future__ import annotations

import io

import pytest

from crashwatch.cli.progress import Progress, bar


class Terminal(io.StringIO):
    def isatty(self):
        return True

    def fileno(self):
        raise OSError


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def terminal_kind(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")


def on_screen(text):
    """What is left on a line after all that was written to it."""
    cells, at = {}, 0
    for character in text:
        if character == "\r":
            at = 0
        else:
            cells[at] = character
            at += 1
    return "".join(cells[n] for n in sorted(cells)).rstrip()


def test_short_work_shows_nothing():
    stream, clock = Terminal(), Clock()
    with Progress("exporting", stream, clock) as progress:
        for number in range(100):
            clock.now += 0.004
            progress(number, 100)
    assert stream.getvalue() == ""


def test_long_work_shows_how_far_it_is_and_takes_it_away():
    stream, clock = Terminal(), Clock()
    with Progress("exporting", stream, clock) as progress:
        clock.now += 0.6
        progress(1, 4)
        assert on_screen(stream.getvalue()).startswith("exporting [#######...")
        assert on_screen(stream.getvalue()).endswith("] 1 of 4")
        clock.now += 0.2
        progress(4, 4)
        assert "." not in on_screen(stream.getvalue())
    assert on_screen(stream.getvalue()) == ""
    assert "\n" not in stream.getvalue()


def test_it_goes_when_the_work_fails():
    stream, clock = Terminal(), Clock()

    def work():
        with Progress("erasing", stream, clock) as progress:
            clock.now += 1
            progress(1, 2)
            assert on_screen(stream.getvalue()) != ""
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert on_screen(stream.getvalue()) == ""


def test_it_is_drawn_ten_times_a_second_at_most():
    stream, clock = Terminal(), Clock()
    with Progress("exporting", stream, clock) as progress:
        clock.now += 0.5
        for number in range(1000):
            clock.now += 0.001
            progress(number, 1000)
        assert 5 <= stream.getvalue().count("\r") <= 10


@pytest.mark.parametrize("kind", ["", "dumb"])
def test_a_terminal_that_cannot_go_back_shows_nothing(kind, monkeypatch):
    monkeypatch.setenv("TERM", kind)
    stream, clock = Terminal(), Clock()
    with Progress("exporting", stream, clock) as progress:
        clock.now += 1
        progress(1, 2)
    assert stream.getvalue() == ""


def test_a_pipe_gets_nothing():
    stream, clock = io.StringIO(), Clock()
    with Progress("exporting", stream, clock) as progress:
        clock.now += 1
        progress(1, 2)
        progress(0, 0)
    assert stream.getvalue() == ""


@pytest.mark.parametrize("width", [79, 60, 40, 30, 20, 10])
@pytest.mark.parametrize("done", [0, 1, 399, 400])
def test_a_bar_is_as_wide_as_it_may_be_and_never_wider(done, width):
    shown = bar("looking through issues", done, 400, width)
    assert len(shown) <= width
    if width >= 60:
        assert shown.endswith(f"] {done} of 400")
        assert ("#" in shown) is (done > 10)
        assert ("." in shown) is (done < 400)
