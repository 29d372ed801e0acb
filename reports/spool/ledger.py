"""The ledger: one line for each report that left the folders, without its content.

Lines of JSON, appended under the spool's lock and synced. A line cut short by a power
cut is skipped by the reader and ended by the next writer.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import msgspec

from reports.errors import StorageError
from reports.lifecycle import Event, State
from reports.spool import durable
from reports.spool.records import Moment, decoded

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC


class LedgerLine(msgspec.Struct, frozen=True):
    """What happened to a report.

    Attributes:
        when: Our clock.
        id: The report's id, or the name found instead of one.
        before: The state it was in.
        event: What moved it.
        why: A reason in words, without content.
    """

    when: Moment
    id: str
    before: State
    event: Event
    why: str = ""


def append(path: Path, line: LedgerLine) -> None:
    """Add a line, to the disk. The caller holds the spool's lock.

    Raises:
        OSError: The disk is full or the file cannot be written.
    """
    data = msgspec.json.encode(line) + b"\n"
    handle = os.open(path, _FLAGS, 0o600)
    try:
        size = os.fstat(handle).st_size
        if size and os.pread(handle, 1, size - 1) != b"\n":
            data = b"\n" + data
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def forget(path: Path, before: datetime) -> int:
    """Drop the lines from before that moment; answers how many.

    What cannot be read is kept: nothing tells how old it is. The caller holds the
    spool's lock.

    Raises:
        OSError: The file cannot be written; it is as it was.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return 0
    kept = [line for line in lines if line and not _is_before(line, before)]
    gone = sum(1 for line in lines if line) - len(kept)
    if gone:
        with durable.opened_folder(path.parent) as folder:
            durable.replace(folder, path.name, b"".join(one + b"\n" for one in kept))
    return gone


def _is_before(line: bytes, before: datetime) -> bool:
    with contextlib.suppress(StorageError):
        return decoded(line, LedgerLine).when < before
    return False


def read_all(path: Path) -> tuple[LedgerLine, ...]:
    """All legible lines, oldest first; none when there is no ledger."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return ()
    lines: list[LedgerLine] = []
    for raw in data.split(b"\n"):
        with contextlib.suppress(StorageError):
            lines.append(decoded(raw, LedgerLine))
    return tuple(lines)
