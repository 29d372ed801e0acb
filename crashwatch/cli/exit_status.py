"""The exit statuses of every command; `run` has its program's besides."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FAILED, USAGE, REFUSED, INTERRUPTED = 1, 2, 3, 130

MEANINGS: Mapping[int, str] = MappingProxyType(
    {
        0: "done",
        FAILED: "it failed; one line says what, the next what to do",
        USAGE: "the command line makes no sense",
        REFUSED: "consent does not allow it",
        126: "`run`: the program may not be executed",
        127: "`run`: there is no such program",
        INTERRUPTED: "Ctrl-C",
    }
)
"""Kept stable: scripts rely on them."""
