"""A picture of Xvfb's screen as PNG, and its colours, read from its frame buffer file.

The file is an X window dump (XWDFile.h): 25 words of 32 bits, big-endian, of which
word 0 is the header's size, 4 width, 5 height, 12 bytes in a row, 19 colour entries of
12 bytes each after the header; then rows of blue, green, red, unused.
"""

import struct
import zlib
from pathlib import Path
from typing import NamedTuple


class Picture(NamedTuple):
    """Rows of red, green, blue."""

    width: int
    rows: list[bytes]

    def colours(self) -> set[bytes]:
        """Each colour that is somewhere."""
        return {row[i : i + 3] for row in self.rows for i in range(0, len(row), 3)}

    def save(self, path: Path) -> None:
        """Write a PNG of 8 bits a channel, without filters."""
        lines = b"".join(b"\0" + row for row in self.rows)
        size = struct.pack(">IIBBBBB", self.width, len(self.rows), 8, 2, 0, 0, 0)
        chunks = ((b"IHDR", size), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*c) for c in chunks))


def take_picture(frames: Path) -> Picture:
    """What is on the screen of a display started with `frames`."""
    data = (frames / "Xvfb_screen0").read_bytes()
    words = struct.unpack(">25I", data[:100])
    width, height, stride = words[4], words[5], words[12]
    start = words[0] + 12 * words[19]
    rows = []
    for row in range(height):
        line = data[start + row * stride : start + row * stride + 4 * width]
        rgb = bytearray(3 * width)
        rgb[0::3], rgb[1::3], rgb[2::3] = line[2::4], line[1::4], line[0::4]
        rows.append(bytes(rgb))
    return Picture(width, rows)


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
