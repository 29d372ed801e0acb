"""Take bytes out of an untrusted file: every offset checked, all work bounded.

Three dangers: an offset outside the file, a count that promises more than there is,
and small entries that all point to one large part, so that a file of a megabyte
describes terabytes. The last is met by an allowance: while one stream is read, no more
bytes may be looked at than the file has (and some slack for tiny files); what is
looked at twice under the same offset is remembered and costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.errors import MinidumpError
from reports.minidump.layout import Location
from reports.minidump.structures import COUNT, LOCATION

if TYPE_CHECKING:
    import mmap
    from collections.abc import Iterator
    from struct import Struct

_SLACK = 65536
_LONGEST_STRING = 1 << 16


class Bounds:
    """The bytes of a file while one stream is read; errors name that stream."""

    def __init__(self, data: bytes | mmap.mmap, stream: str) -> None:
        self._data = data
        self._stream = stream
        self._allowance = len(data) + _SLACK
        self._strings: dict[int, str] = {}

    def fault(self, message: str, offset: int) -> MinidumpError:
        """The error to raise for what is wrong at ``offset``."""
        return MinidumpError(message, stream=self._stream, offset=offset)

    def check(self, offset: int, size: int) -> None:
        """Raise MinidumpError unless ``[offset, offset + size)`` lies in the file."""
        if offset + size > len(self._data):
            message = f"{size} bytes wanted, the file ends at {len(self._data):#x}"
            raise self.fault(message, offset)

    def _spend(self, size: int, offset: int) -> None:
        self._allowance -= size
        if self._allowance < 0:
            raise self.fault(
                "parts overlap: more is described than the file has", offset
            )

    def take(self, offset: int, size: int) -> bytes:
        """``size`` bytes at ``offset``."""
        self.check(offset, size)
        self._spend(size, offset)
        return self._data[offset : offset + size]

    def unpack(self, layout: Struct, offset: int) -> tuple[int, ...]:
        """The integers of ``layout`` at ``offset``."""
        self.check(offset, layout.size)
        self._spend(layout.size, offset)
        return layout.unpack_from(self._data, offset)

    def location(self, offset: int) -> Location:
        """The LOCATION at ``offset``, itself not followed."""
        return Location(*self.unpack(LOCATION, offset))

    def entries(
        self, layout: Struct, offset: int, count: int, end: int
    ) -> Iterator[tuple[int, ...]]:
        """``count`` entries from ``offset``, which must end at or before ``end``."""
        size = layout.size * count
        if offset + size > end:
            room = max(0, end - offset) // layout.size
            raise self.fault(f"{count} entries, room for {room}", offset)
        return layout.iter_unpack(self.take(offset, size))

    def listed(self, layout: Struct, place: Location) -> Iterator[tuple[int, ...]]:
        """The entries of a list that fills ``place``: a 32-bit count, then entries.

        Breakpad's writers on some platforms put four bytes between the count and the
        first entry; a list that is longer by just that is read so.
        """
        (count,) = self.unpack(COUNT, place.rva)
        padded = place.size == COUNT.size + 4 + count * layout.size
        start = place.rva + COUNT.size + (4 if padded else 0)
        return self.entries(layout, start, count, place.rva + place.size)

    def string(self, rva: int) -> str:
        """The MINIDUMP_STRING at ``rva``; broken UTF-16 becomes U+FFFD."""
        return self._text(rva, "utf-16-le")

    def utf8(self, rva: int) -> str:
        """The MinidumpUTF8String at ``rva``; broken UTF-8 becomes U+FFFD."""
        return self._text(rva, "utf-8")

    def _text(self, rva: int, encoding: str) -> str:
        if rva not in self._strings:
            (size,) = self.unpack(COUNT, rva)
            if size > _LONGEST_STRING:
                raise self.fault(f"a string of {size} bytes", rva)
            raw = self.take(rva + COUNT.size, size)
            self._strings[rva] = raw.decode(encoding, "replace")
        return self._strings[rva]
