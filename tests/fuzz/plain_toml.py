"""Fuzz target: the reader of plain TOML."""

from __future__ import annotations

import tomllib

from reports.plain_toml import read_plain


def TARGET(data: bytes) -> None:  # noqa: N802 -- the name every fuzz target has
    """What is plain means the same to tomllib, to the type and order of each value."""
    text = data.decode("utf-8", "replace")
    plain = read_plain(text)
    assert plain is None or repr(plain) == repr(tomllib.loads(text))
