"""The sanitized stack of one thread, word by word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrubbers.words import DEFACED

if TYPE_CHECKING:
    from reports.snapshot import MemoryBlock


class ThreadStack:
    """Words of a block by address.

    Attributes:
        start: Its first address.
        end: The first address after it.
    """

    def __init__(self, block: MemoryBlock | None) -> None:
        self._data = b"" if block is None else block.data
        self.start = 0 if block is None else block.address
        self.end = self.start + len(self._data)

    def word(self, address: int) -> int | None:
        """The word at an address; None outside, and where the sanitizer took it."""
        at = address - self.start
        if not 0 <= at <= len(self._data) - 8:
            return None
        value = int.from_bytes(self._data[at : at + 8], "little")
        return None if value == DEFACED else value
