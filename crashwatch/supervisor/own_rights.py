"""Rights that a program has by its file, and that a tracer would take from it."""

from __future__ import annotations

import os
import stat
from typing import Final

_CAP_SYS_PTRACE: Final = 19


def may_be_traced(path: str) -> bool:
    """Whether a tracer changes nothing of what a program may do.

    The kernel gives a traced program no rights by its file's setuid or setgid bit or
    capabilities, unless the tracer may trace everything (execve(2)).
    """
    return not _has_rights(path) or traces_everything()


def _has_rights(path: str) -> bool:
    try:
        if os.stat(path).st_mode & (stat.S_ISUID | stat.S_ISGID):
            return True
        return bool(os.getxattr(path, "security.capability"))
    except OSError:
        return False


def traces_everything() -> bool:
    """Whether this process may trace any other (CAP_SYS_PTRACE)."""
    try:
        with open("/proc/self/status", "rb") as file:
            effective = file.read().partition(b"\nCapEff:\t")[2].split()[0]
        return bool(int(effective, 16) >> _CAP_SYS_PTRACE & 1)
    except (OSError, IndexError, ValueError):
        return False
