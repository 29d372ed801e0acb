"""The client's messages read as exceptions; nothing of them is trusted."""

import pytest

from crashwatch.supervisor.raised_exceptions import raised_exceptions
from reports.evidence import RawFrame, RawMessage

HEAD = ["exception", "main", "MainThread"]


def read(*records):
    found = list(raised_exceptions([[HEAD, *records]]))
    return found[0][1] if found else None


def test_a_tree():
    root = read(
        ["!", "builtins", "ExceptionGroup", "", ""],
        ["~", "message", "1", "/a.py", "of ", ""],
        ["~", "note", "0"],
        ["@", "/a.py", "3", "main"],
        ["@", "/a.py", "9", "f"],
        ["!", "builtins", "KeyError", "0", "cause"],
        ["!", "builtins", "ValueError", "0", "member"],
        ["!", "builtins", "OSError", "0", "member"],
        ["!", "builtins", "IndexError", "2", "cause"],
    )
    assert (root.name, root.cause.name) == ("ExceptionGroup", "KeyError")
    assert root.message == RawMessage(("of ", ""), ("/a.py",))
    assert root.notes == (RawMessage(()),)
    assert root.frames == (RawFrame("f", "/a.py", 9), RawFrame("main", "/a.py", 3))
    assert [member.name for member in root.group] == ["ValueError", "OSError"]
    assert root.group[0].cause.name == "IndexError"


@pytest.mark.parametrize(
    "record",
    [
        ["!", "builtins", "A", "7", "cause"],
        ["!", "builtins", "A", "1", "cause"],
        ["!", "builtins", "A", "-1", "member"],
        ["!", "builtins", "A", "", "member"],
        ["!", "builtins", "A"],
        ["~", "message"],
        ["~", "message", "x", "a"],
        ["@", "/a.py", "x", "f"],
        ["@"],
        ["?"],
    ],
)
def test_what_makes_no_sense_is_left_out(record):
    root = read(["!", "builtins", "ValueError", "", ""], record)
    assert (root.name, root.cause, root.group, root.frames) == (
        "ValueError", None, (), (),
    )  # fmt: skip
    assert root.message is None
    assert read(record) is None or record[0] == "!"


def test_more_files_than_there_are_leave_no_pieces():
    root = read(["!", "b", "E", "", ""], ["~", "message", "9", "/a.py", "text"])
    assert root.message.pieces == ()


def test_other_messages_are_none_of_these():
    assert list(raised_exceptions([[["hello", "3.11"]], [["exception", "main"]]])) == []
