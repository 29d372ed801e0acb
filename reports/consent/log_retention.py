"""Choices that were replaced long ago leave the log; what stands is never forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.consent.own_file import (
    NotBelievedError,
    locked,
    read_own,
    sync_folder,
    write_new,
)
from reports.consent.record import PERSONAL
from reports.consent.record_text import parse_log

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from reports.consent.record import Category, Choice

_LARGEST = 16 * 1024 * 1024


def forget_replaced(log_path: Path, before: datetime) -> int:
    """Drop the choices that were replaced before that moment; answers how many.

    A line that cannot be read is kept: nothing tells how old it is. So is the newest
    choice of each category, however old, and one that is dated in the future.

    Raises:
        OSError: The log could not be written; it is as it was.
    """
    try:
        if not _gone(_lines(log_path), before):
            return 0
    except NotBelievedError:
        return 0
    with locked(log_path):
        try:
            lines = _lines(log_path)
        except NotBelievedError:
            return 0
        gone = _gone(lines, before)
        kept = [line for number, line in enumerate(lines) if number not in gone]
        new = log_path.with_name(f".{log_path.name}.new")
        write_new(new, b"".join(line + b"\n" for line in kept))
        new.rename(log_path)
        sync_folder(log_path.parent)
    return len(gone)


def _lines(log_path: Path) -> list[bytes]:
    data = read_own(log_path, _LARGEST) or b""
    return [line for line in data.split(b"\n") if line]


def _gone(lines: Iterable[bytes], before: datetime) -> set[int]:
    """Numbers of the lines whose successor is older than ``before``."""
    newest: dict[Category, tuple[int, Choice]] = {}
    gone: set[int] = set()
    for number, line in enumerate(lines):
        for choice in parse_log(line + b"\n"):
            if choice.grants and choice.how not in PERSONAL:
                # An operator's, for one run: it replaces nothing and ends with it.
                if choice.given < before:
                    gone.add(number)
                continue
            held = newest.get(choice.category)
            if held is not None and choice.given < before:
                gone.add(held[0])
            newest[choice.category] = number, choice
    return gone
