"""Code of a process that is gone, read from the files it had mapped.

Whether a word below 4 GiB is a return address can only be told from the code before
it. While the process is frozen its memory tells; afterwards the files do, since code
that nobody may write to is the file's own bytes.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from typing import TYPE_CHECKING

from reports.regular_files import RegularFiles
from reports.snapshot import Protection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.snapshot import Mapping


class MappedCode(RegularFiles):
    """A ``read_code`` for ``reports.sanitize.sanitize``; close it, or use ``with``.

    A file that was replaced since gives other bytes: then fewer words look like return
    addresses, never all of them. Anything unreadable gives no bytes.
    """

    def __init__(self, mappings: Iterable[Mapping]) -> None:
        super().__init__()
        self._mappings = sorted(
            (m for m in mappings if _is_file_code(m)), key=lambda m: m.start
        )
        self._starts = [m.start for m in self._mappings]

    def close(  # type: ignore[explicit-override] # typing.override is 3.12
        self,
    ) -> None:
        """Close every file; afterwards nothing is read any more."""
        super().close()
        self._mappings, self._starts = [], []

    def __call__(self, address: int, size: int) -> bytes:
        """``size`` bytes of code at ``address``, or fewer, or none."""
        index = bisect_right(self._starts, address) - 1
        if index < 0:
            return b""
        mapping = self._mappings[index]
        if address + size > mapping.end:
            return b""
        descriptor = self.descriptor(mapping.path)
        if descriptor is None:
            return b""
        return os.pread(descriptor, size, mapping.offset + address - mapping.start)


def _is_file_code(mapping: Mapping) -> bool:
    return (
        Protection.EXECUTE in mapping.protection
        and Protection.WRITE not in mapping.protection
        and mapping.path.startswith("/")
    )
