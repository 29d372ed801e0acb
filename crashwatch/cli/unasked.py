"""Reports nobody could be asked about, told once at the next start on a terminal.

They are noted where neither terminal nor window was there, in ``unasked``: an id a
line. The start pays one look for that file; it says one line and asks nothing, since a
question would delay the program.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from crashwatch.cli.called import called
from crashwatch.cli.complaint import complain

if TYPE_CHECKING:
    from pathlib import Path

    from reports.home import Home

_MOST = 64 * 1024
_ID_LENGTH = 32
_SAFE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def note_unasked(path: Path, report_id: str) -> None:
    """Remember a report for the next start.

    Raises:
        OSError: It cannot be written; the report is listed all the same.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | _SAFE
    handle = os.open(path, flags, 0o600)
    try:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            os.write(handle, report_id.encode() + b"\n")
    finally:
        os.close(handle)


def tell_unasked(home: Home) -> None:
    """Say how many wait; what was said is not said again.

    Raises:
        OSError: The file cannot be read or removed.
    """
    handle = os.open(home.unasked, os.O_RDONLY | _SAFE)
    try:
        regular = stat.S_ISREG(os.fstat(handle).st_mode)
        data = os.read(handle, _MOST) if regular else b""
    finally:
        os.close(handle)
    home.unasked.unlink()
    waiting = sum(_waits(home, line) for line in set(data.split(b"\n")))
    if waiting:
        what = (
            "a crash report waits" if waiting == 1 else f"{waiting} crash reports wait"
        )
        where = f"{called()} reports list"
        complain(f"{what} for your decision, nothing was sent: {where}")


def _waits(home: Home, line: bytes) -> bool:
    name = line.decode("ascii", "replace")
    if len(name) != _ID_LENGTH or not name.isalnum():
        return False
    return (home.reports / "pending" / name).is_dir()
