"""The exact payload as lines for a screen: nothing left out, nothing that commands it.

JSON is shown indented, which changes no value; anything else that is text as it is;
the rest as a hexadecimal dump. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from crashwatch.prompts.screen_text import escaped, escaped_bytes
from crashwatch.prompts.size_text import size_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reports.payload import Item

DUMP_WIDTH = 16


def payload_lines(items: Iterable[Item]) -> Iterator[str]:
    """Every byte of every item, each under its name, size and SHA-256."""
    for item in items:
        name = escaped(f"{item.type} {item.name}".strip())
        yield f"{name}, {size_text(len(item.data))}"
        yield f"SHA-256 {item.sha256}"
        yield ""
        yield from _body(item.data)
        yield ""


def _body(data: bytes) -> Iterator[str]:
    try:
        text = msgspec.json.format(data, indent=2)
    except msgspec.DecodeError:
        if _is_text(data):
            yield from map(escaped_bytes, data.split(b"\n"))
        else:
            yield from _dump(data)
    else:
        yield from map(escaped_bytes, text.split(b"\n"))


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in data


def _dump(data: bytes) -> Iterator[str]:
    """``offset  hexadecimal  characters``, 16 bytes a line."""
    for offset in range(0, len(data), DUMP_WIDTH):
        row = data[offset : offset + DUMP_WIDTH]
        shown = "".join(chr(b) if 32 <= b < 127 else "." for b in row)
        yield f"{offset:08x}  {row.hex(' '):<{DUMP_WIDTH * 3}} {shown}"
