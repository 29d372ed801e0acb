"""The payload on the screen."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from crashwatch.prompts.payload_text import payload_lines
from reports.payload import Item


def test_json_is_indented_and_loses_nothing():
    event = {"a": [1, 2.5, "\x1b\u202e ä"], "b": {"c": None}}
    data = json.dumps(event, ensure_ascii=True).encode()
    item = Item("event", "", data)
    name, digest, empty, *body = payload_lines([item])
    assert name == f"event, {len(data)} bytes"
    assert digest == f"SHA-256 {item.sha256}"
    assert empty == ""
    assert json.loads("\n".join(body)) == event


def test_binary_is_dumped_whole():
    data = bytes(range(256))
    name, _, _, *body = payload_lines([Item("attachment", "minidump.dmp", data)])
    assert name == "attachment minidump.dmp, 256 bytes"
    dumped = b"".join(bytes.fromhex(line[10:58]) for line in body if line)
    assert dumped == data
    assert body[2] == (
        "00000020  20 21 22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f   !\"#$%&'()*+,-./"
    )


def test_other_text_is_shown_as_it_is():
    lines = list(payload_lines([Item("attachment", "a.txt", b"one\x1b[2J\ntwo")]))
    assert lines[3:5] == ["one\\x1b[2J", "two"]


@given(st.binary(max_size=80), st.text(max_size=8))
def test_nothing_in_a_payload_commands_the_screen(data, name):
    for line in payload_lines([Item("attachment", name, data)]):
        assert line.isprintable()
