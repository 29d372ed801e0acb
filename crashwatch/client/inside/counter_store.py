# The mapped counter file: its table, and a section for each day and set of grants.

import sys

from .counter_page import (
    BYTES,
    DAY_SECONDS,
    FIRST,
    HEAD,
    MAGIC,
    MEMORY_ONLY,
    SECTION_WORDS,
    SECTIONS,
    TABLE_BYTES,
    USED,
    WORDS,
)
from .flags_page import CATEGORIES

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the terminal a megabyte
    from typing import Any


class Store:
    # One mapped counter file.
    #
    # Attributes:
    #     bytes: The file as it is mapped.
    #     values: All its words; a metric's slot is an index into it.
    #     in_memory: Nothing of it will outlive the process: the disk was full.

    def __init__(self, mapped: "Any") -> None:
        if mapped[:8] != MAGIC:
            msg = "not a counter file of this version"
            raise ValueError(msg)
        self.bytes = mapped
        self.values = memoryview(mapped).cast("Q")
        if self._word(BYTES) > len(mapped):
            msg = "the counter file is cut short"
            raise ValueError(msg)
        self.in_memory = bool(self._word(MEMORY_ONLY))
        table = mapped[HEAD : HEAD + self._word(TABLE_BYTES)].decode("ascii")
        self._table = [line.split(" ", 3) for line in table.splitlines()]

    def _word(self, offset: int) -> int:
        return int(self.values[offset >> 3])

    def section(self, today: int, grants: "list[int]") -> int:
        # The index of the first word of today's section; 0 when there is none left.
        #
        # The clock may jump: a day that has a section already gets it back.
        label = [today, *grants]
        used, size = self._word(USED), self._word(WORDS)
        first = self._word(FIRST) >> 3
        for number in range(used):
            start = first + number * size
            if self.values[start : start + 5].tolist() == label:
                return start
        if used < self._word(SECTIONS):
            start = first + used * size
            for place, grant in enumerate(grants, start + 1):
                self.values[place] = grant
            self.values[start] = today
            self.values[USED >> 3] = used + 1
            return start
        # Out of sections: the last day may get more, another grant may not.
        start = first + (used - 1) * size
        same = self.values[start + 1 : start + 5].tolist() == grants
        return start if same else 0

    def places(self, section: int, grants: "list[int]") -> "list[dict[str, int]]":
        # Name to slot, for counters, histograms, features and plugins; 0: is off.
        found: list[dict[str, int]] = [{}, {}, {}, {}]
        first = section + SECTION_WORDS
        for kind, category, slot, name in self._table:
            on = section and grants[int(category)]
            found["chfp".index(kind)][name] = first + int(slot) if on else 0
        return found


def grants_of(page: "Any", offset: int) -> "list[int]":
    # The four words of the flags page that say under which grants one counts.
    words = page[offset : offset + 8 * len(CATEGORIES)]
    return [
        int.from_bytes(words[at : at + 8], sys.byteorder)
        for at in range(0, len(words), 8)
    ]


def day_of(seconds: float) -> int:
    # Days since 1970-01-01, UTC.
    return int(seconds // DAY_SECONDS)
