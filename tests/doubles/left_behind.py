"""What a test left on the machine: processes, and files others could read."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from tests.doubles import process_table


def has_children() -> bool:
    """Whether this process has any child, alive or not yet reaped: one call."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def children() -> set[int]:
    """Descendants of this process; empty, and cheap, when it has no child."""
    return process_table.descendants(os.getpid()) if has_children() else set()


def open_to_others(home: Path) -> Iterator[str]:
    """One sentence for each thing below home that is not 0700 or 0600.

    The home itself counts; a symbolic link is always wrong there.
    """
    for path in (home, *home.rglob("*")) if home.exists() else ():
        status = path.lstat()
        wanted = 0o700 if stat.S_ISDIR(status.st_mode) else 0o600
        mode = stat.S_IMODE(status.st_mode)
        if stat.S_ISLNK(status.st_mode):
            yield f"{path.relative_to(home)} is a symbolic link"
        elif mode != wanted:
            yield f"{path.relative_to(home)} has mode {mode:o}, not {wanted:o}"
