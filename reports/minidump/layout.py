"""Place parts of a file one after the other, leaves first.

Whatever points to another part is written after it, so every RVA is known when it is
needed and nothing is patched later. Only the header and the directory, whose size
follows from the number of streams, are filled in at the end.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.errors import MinidumpError
from reports.minidump.structures import (
    COUNT,
    DIRECTORY_ENTRY,
    HEADER,
    LOCATION,
    MINIDUMP_SIGNATURE,
    MINIDUMP_VERSION,
    StreamType,
)

_LARGEST_FILE = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Location:
    """Where a part lies: bytes and offset from the start of the file."""

    size: int
    rva: int

    def packed(self) -> bytes:
        """MINIDUMP_LOCATION_DESCRIPTOR."""
        return LOCATION.pack(self.size, self.rva)


NOWHERE = Location(0, 0)
"""The location of an absent part."""


class Layout:
    """A minidump under construction, for a known number of streams at most."""

    def __init__(self, streams: int) -> None:
        self._head = HEADER.size + DIRECTORY_ENTRY.size * streams
        self._body = bytearray()
        self._streams: list[tuple[StreamType, Location]] = []
        self._strings: dict[bytes, Location] = {}
        self._capacity = streams

    def place(self, data: bytes, alignment: int = 8) -> Location:
        """Append ``data`` at the next multiple of ``alignment``.

        Raises:
            MinidumpError: The file would pass 4 GiB, which an RVA cannot express.
        """
        at = self._head + len(self._body)
        padding = -at % alignment
        if at + padding + len(data) > _LARGEST_FILE:
            message = "the dump would be larger than 4 GiB"
            raise MinidumpError(message, stream="layout", offset=at)
        self._body += bytes(padding) + data
        return Location(len(data), at + padding)

    def place_string(self, text: str) -> Location:
        """MINIDUMP_STRING: length in bytes, UTF-16LE, two zero bytes."""
        raw = text.encode("utf-16-le", "replace")
        return self._place_once(COUNT.pack(len(raw)) + raw + b"\0\0")

    def place_utf8(self, text: str) -> Location:
        """MinidumpUTF8String: length in bytes, UTF-8, one zero byte."""
        raw = text.encode("utf-8", "replace")
        return self._place_once(COUNT.pack(len(raw)) + raw + b"\0")

    def _place_once(self, data: bytes) -> Location:
        if data not in self._strings:
            self._strings[data] = self.place(data, 4)
        return self._strings[data]

    def add_stream(self, kind: StreamType, data: bytes) -> None:
        """Place a stream's bytes and give it the next directory entry."""
        if len(self._streams) == self._capacity:
            raise ValueError("more streams than were announced")
        self._streams.append((kind, self.place(data)))

    def finished(self, time: int) -> bytes:
        """The whole file; ``time`` is Unix seconds, cut to the header's 32 bits."""
        head = HEADER.pack(
            MINIDUMP_SIGNATURE,
            MINIDUMP_VERSION,
            len(self._streams),
            HEADER.size,
            0,
            time & 0xFFFFFFFF,
            0,
        )
        entries = [
            DIRECTORY_ENTRY.pack(kind, place.size, place.rva)
            for kind, place in self._streams
        ]
        directory = b"".join(entries).ljust(self._head - HEADER.size, b"\0")
        return head + directory + bytes(self._body)
