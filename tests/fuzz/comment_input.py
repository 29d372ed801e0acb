"""Fuzz target: a comment typed byte by byte."""

from __future__ import annotations

from crashwatch.prompts.comment_input import Written, write
from reports.crash_report import LONGEST_COMMENT


def TARGET(data: bytes) -> None:  # noqa: N802 -- the name every fuzz target has
    """Whatever is typed, a screen gets letters only, and the comment has its form."""
    columns = 2 + data[0] % 100 if data else 80
    written = Written()
    for byte in data[1:]:
        written, echo, ended = write(written, byte, columns)
        assert all(letter.isprintable() or letter in "\b\r\n" for letter in echo)
        assert len(written.text) <= LONGEST_COMMENT
        assert written.text == "" or written.text.isprintable()
        assert len(written.begun) < (32 if written.begun[:1] == b"\x1b" else 4)
        if ended is not None:
            return
