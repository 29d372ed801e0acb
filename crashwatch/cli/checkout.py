"""Where a frame of the program's own code is in the checkout that a build runs in.

Reports say ``<app>/shell.py``; a build server marks lines of ``src/shell.py``. What is
told is a path below the checkout's root of a file that is there, and only if no
scrubber finds anything in it.
"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING

from scrubbers import scrub_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reports.backtrace import Frame
    from scrubbers import Identity

_APP = "<app>/"
_OF_THE_RUN = frozenset({"argument", "environment"})
_ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "BUILD_SOURCESDIRECTORY", "WORKSPACE")


class Checkout:
    """The root of the checkout, and the folders of the program's code.

    Args:
        environment: Build servers name the root; else it is where we are.
        app: The program's own folders, as reports mean them by ``<app>``.
        identity: Whom no path may name. What the run was started with may be such a
            path itself, as in ``pytest tests/test_tabs.py``.
    """

    def __init__(
        self, environment: Mapping[str, str], app: Iterable[str], identity: Identity
    ) -> None:
        named = next(filter(None, map(environment.get, _ROOTS)), ".")
        self._root = Path(os.path.realpath(named))
        self._app = tuple(dict.fromkeys(app))
        kept = (pair for pair in identity.extra if pair[0] not in _OF_THE_RUN)
        self._identity = dataclasses.replace(identity, extra=tuple(kept))

    def locate(self, frame: Frame) -> str:
        """The frame's file from the root on; empty where it is not known."""
        if not frame.file.startswith(_APP):
            return ""
        inside = frame.file.removeprefix(_APP)
        for folder in self._app:
            path = Path(os.path.realpath(os.path.join(folder, inside)))  # noqa: PTH118
            if path.is_file() and path.is_relative_to(self._root):
                return self._told(str(path.relative_to(self._root)))
        return ""

    def _told(self, path: str) -> str:
        return path if scrub_text(path, identity=self._identity) == path else ""
