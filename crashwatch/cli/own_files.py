"""Where a frame's file is on this machine: for a link on the screen, nothing else.

A report holds ``<app>/terminal.py`` and not where ``<app>`` is. Who looks at it here
may have that folder all the same: it is looked for where the settings say, where the
program is found on ``PATH``, and in the working folder.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.backtrace import Frame

_OWN = "<app>/"
_LARGEST = 4 * 1024 * 1024


class OwnFiles:
    """Finds the files of a program's own code; each is looked for once."""

    def __init__(self, folders: Iterable[str]) -> None:
        found = (Path(folder).absolute() for folder in folders)
        self._folders = tuple(dict.fromkeys(found))
        self._known: dict[tuple[str, int], str] = {}

    def path_of(self, frame: Frame) -> str:
        """The absolute path of a frame's file, or empty.

        A file of the same name that has no such line is another one.
        """
        if not frame.file.startswith(_OWN):
            return ""
        key = (frame.file.removeprefix(_OWN), frame.line or 0)
        if key not in self._known:
            self._known[key] = self._found(*key)
        return self._known[key]

    def _found(self, below: str, number: int) -> str:
        if ".." in below.split("/"):
            return ""
        paths = (folder / below for folder in self._folders)
        return next((str(path) for path in paths if _has_line(path, number)), "")


def folders_here(program: str, configured: Iterable[str]) -> tuple[str, ...]:
    """Where ``<app>`` of a program may be, the likeliest first.

    Args:
        program: Its base name, as the report has it.
        configured: The setting ``app_roots``.
    """
    found = shutil.which(program) if program else None
    folders = [Path(folder) for folder in configured]
    try:
        if found:
            folders += [Path(found).absolute().parent, Path(found).resolve().parent]
        folders.append(Path.cwd())
    except OSError:
        pass  # the working folder is gone
    return tuple(map(str, folders))


def _has_line(path: Path, number: int) -> bool:
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return False
        with path.open("rb") as file:
            return number <= sum(1 for _ in file)
    except (OSError, ValueError):
        return False
