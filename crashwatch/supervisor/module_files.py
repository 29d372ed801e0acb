"""Opens the files that modules were mapped from, for ``reports.unwinding``."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from reports.regular_files import RegularFiles

if TYPE_CHECKING:
    from collections.abc import Callable

    ReadAt = Callable[[int, int], bytes]

_DEBUG = "/usr/lib/debug/.build-id"
_MOST_OPEN = 512


class ModuleFiles(RegularFiles):
    """Whether a file is the right one is told by its build id, not here."""

    def module(self, path: str) -> ReadAt | None:
        """The file at an absolute path, or None where there is none to read."""
        if not path.startswith("/") or self.asked >= _MOST_OPEN:
            return None
        descriptor = self.descriptor(path)
        return None if descriptor is None else partial(_read, descriptor)

    def debug(self, build_id: bytes) -> ReadAt | None:
        """The debug file of a build where the distribution installs them, or None."""
        if len(build_id) < 2:
            return None
        name = build_id.hex()
        return self.module(f"{_DEBUG}/{name[:2]}/{name[2:]}.debug")


def _read(descriptor: int, offset: int, size: int) -> bytes:
    return os.pread(descriptor, size, offset)
