"""Start ``crashwatch upkeep`` beside a terminal, as nobody's child.

The launcher becomes the terminal where nothing is watched: a child of ours would then
be the terminal's, which never started it. So it is started by a process that ends at
once, and belongs to the system from then on.
"""

from __future__ import annotations

import os
import stat
import sys
import time

_AGAIN = 86_400.0
_WITH_WAITING = 3600.0
_MARK = ".tidied"
_NULL = "/dev/null"


def start_upkeep_if_due(root: str) -> bool:
    """Start it: once a day, and once an hour while reports wait to be sent.

    Also whenever a deletion request waits.

    Args:
        root: The home's folder.

    Returns:
        Whether it was started.
    """
    if not (_is_waiting(root) or _is_due(root)):
        return False
    child = os.fork()
    if child == 0:
        try:
            _spawn()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    return True


def _is_due(root: str) -> bool:
    reports = os.path.join(root, "reports")
    try:
        found = os.lstat(os.path.join(reports, _MARK))
    except OSError:
        return os.path.isdir(reports) or os.path.isdir(os.path.join(root, "usage"))
    queued = _names_in(os.path.join(reports, "queued"))
    patience = _WITH_WAITING if queued else _AGAIN
    return not (
        stat.S_ISREG(found.st_mode) and 0 <= time.time() - found.st_mtime < patience
    )


def _is_waiting(root: str) -> bool:
    names = _names_in(os.path.join(root, "deletion"))
    return any(name.endswith(".json") for name in names)


def _names_in(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _spawn() -> None:
    opened = os.O_RDWR
    os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "crashwatch", "upkeep", "--quiet"],
        dict(os.environ),
        file_actions=[(os.POSIX_SPAWN_OPEN, fd, _NULL, opened, 0) for fd in (0, 1, 2)],
        setsid=True,
    )
