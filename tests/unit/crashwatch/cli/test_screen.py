"""Colours and links where a terminal has them; foreign text commands none."""

from __future__ import annotations

import io
import re

import pytest

from crashwatch.cli.own_files import OwnFiles, folders_here
from crashwatch.cli.screen import (
    PLAIN,
    Screen,
    Span,
    Tint,
    drawn,
    screen_of,
    text_of,
)
from tests.doubles.sample_crash import call, native

BOTH = Screen(colours=True, links=True)
OURS = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;;[!-~]*\x1b\\")
"""The only commands there may be: a colour, and a link's two ends."""


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("variables", "screen"),
    [
        ({"TERM": "xterm-256color"}, Screen(colours=True, links=True)),
        ({"TERM": "xterm", "NO_COLOR": "1"}, Screen(colours=False, links=True)),
        ({"TERM": "xterm", "NO_COLOR": ""}, Screen(colours=True, links=True)),
        ({"TERM": "dumb"}, PLAIN),
        ({}, PLAIN),
        ({"TERM": "linux"}, Screen(colours=True, links=False)),
    ],
)
def test_what_a_terminal_can_show(variables, screen):
    assert screen_of(Terminal(), variables) == screen


def test_a_pipe_a_closed_stream_and_none_show_text_alone():
    closed = Terminal()
    closed.close()
    for stream in (io.StringIO(), closed, None):
        assert screen_of(stream, {"TERM": "xterm"}) == PLAIN


@pytest.mark.parametrize("tint", Tint)
def test_a_tint_changes_no_character(tint):
    line = (Span("a ", tint), Span("b", tint, "/tmp/b.py"))
    assert OURS.sub("", drawn(line, BOTH)) == "a b" == text_of(line)
    assert drawn(line, PLAIN) == "a b"


def test_a_link_leads_to_the_file_on_this_host():
    shown = drawn((Span("x:3", Tint.PLACE, "/tmp/my code/ü.py"),), BOTH)
    assert re.search(r"\x1b\]8;;file://[\w.-]*/tmp/my%20code/%C3%BC.py\x1b\\", shown)
    assert shown.endswith("\x1b]8;;\x1b\\")
    assert "]8;" not in drawn((Span("x", file="/x"),), Screen(colours=True))


def test_foreign_text_and_foreign_paths_end_no_link_and_begin_no_command():
    hostile = "a\x1b\\\x1b]0;b\x07\u202e\x9bm"
    shown = drawn((Span(hostile, Tint.OWN, f"/tmp/{hostile}"),), BOTH)
    assert OURS.sub("", shown).isprintable()


def test_a_file_is_found_where_the_folders_have_one_with_that_line(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, lines in ((first, 2), (second, 9)):
        folder.mkdir()
        (folder / "view.py").write_text("x\n" * lines)
    files = OwnFiles([str(first), str(second)])
    assert files.path_of(call("draw", 2)) == str(first / "view.py")
    assert files.path_of(call("draw", 7)) == str(second / "view.py")
    assert files.path_of(call("draw", 10)) == ""
    assert files.path_of(call("draw", None)) == str(first / "view.py")


@pytest.mark.parametrize(
    "frame",
    [
        call("f", 1, "<stdlib>/view.py"),
        call("f", 1, "<site-packages>/view.py"),
        call("f", 1, "<app>/../outside.py"),
        call("f", 1, "<app>/folder"),
        call("f", 1, "<app>/none.py"),
        call("f", 1, "<private>"),
        native("f"),
    ],
)
def test_what_is_not_the_program_s_own_or_is_not_there_has_no_file(tmp_path, frame):
    app = tmp_path / "app"
    (app / "folder").mkdir(parents=True)
    (app / "view.py").write_text("x\n")
    (tmp_path / "outside.py").write_text("x\n")
    assert OwnFiles([str(app)]).path_of(frame) == ""


def test_a_relative_folder_is_one_of_the_working_folder(tmp_path, monkeypatch):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "view.py").write_text("x\n" * 9)
    monkeypatch.chdir(tmp_path)
    assert OwnFiles(["app"]).path_of(call("draw")) == str(tmp_path / "app/view.py")


def test_where_a_program_s_code_may_be(tmp_path, monkeypatch):
    real, linked = tmp_path / "real", tmp_path / "bin"
    real.mkdir()
    linked.mkdir()
    (real / "pachyterm").write_text("#!/bin/sh\n")
    (real / "pachyterm").chmod(0o755)
    (linked / "pachyterm").symlink_to(real / "pachyterm")
    monkeypatch.setenv("PATH", str(linked))
    monkeypatch.chdir(tmp_path)
    found = folders_here("pachyterm", ["/set"])
    assert found == ("/set", str(linked), str(real), str(tmp_path))
    assert folders_here("", []) == (str(tmp_path),)
    assert folders_here("no-such-program", []) == (str(tmp_path),)


def test_a_working_folder_that_is_gone_is_no_trouble(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert folders_here("", ["/set"]) == ("/set",)
