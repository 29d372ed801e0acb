"""Numbers out of bytes, one after the other, in the forms DWARF has for them.

LEB128 is in DWARF 5, 7.6; the pointer encodings of ``.eh_frame`` are in the Linux
Standard Base 5.0, Core, 10.5.1 (``DW_EH_PE_…``).
"""

from __future__ import annotations

import struct
from typing import Final

from reports.errors import UnwindingError

_FULL: Final = (1 << 64) - 1
OMITTED: Final = 0xFF
_INDIRECT: Final = 0x80
_FIXED: Final = {
    0x0: struct.Struct("<Q"),
    0x2: struct.Struct("<H"),
    0x3: struct.Struct("<I"),
    0x4: struct.Struct("<Q"),
    0xA: struct.Struct("<h"),
    0xB: struct.Struct("<i"),
    0xC: struct.Struct("<q"),
}
_ULEB, _SLEB = 0x1, 0x9
_PC_RELATIVE, _DATA_RELATIVE = 0x10, 0x30


class Cursor:
    """Reads on from a position; the address of the first byte is known.

    Attributes:
        position: Index of the next byte.

    Every method raises ``UnwindingError`` when the bytes end too soon.
    """

    def __init__(self, data: bytes, address: int = 0, position: int = 0) -> None:
        self.data = data
        self.address = address
        self.position = position

    @property
    def is_at_end(self) -> bool:
        """Whether every byte was read."""
        return self.position >= len(self.data)

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        end = self.position + size
        if size < 0 or end > len(self.data):
            raise UnwindingError("call frame information is cut short")
        taken = self.data[self.position : end]
        self.position = end
        return taken

    def byte(self) -> int:
        """One unsigned byte."""
        if self.position >= len(self.data):
            raise UnwindingError("call frame information is cut short")
        value = self.data[self.position]
        self.position += 1
        return value

    def unsigned(self, size: int) -> int:
        """A little-endian unsigned number of ``size`` bytes."""
        return int.from_bytes(self.take(size), "little")

    def signed(self, size: int) -> int:
        """A little-endian signed number of ``size`` bytes."""
        return int.from_bytes(self.take(size), "little", signed=True)

    def uleb(self) -> int:
        """An unsigned LEB128 number below 2^64."""
        return self._leb()[0] & _FULL

    def sleb(self) -> int:
        """A signed LEB128 number."""
        value, bits, last = self._leb()
        return value - (1 << bits) if last & 0x40 else value

    def _leb(self) -> tuple[int, int, int]:
        value = bits = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << bits
            bits += 7
            if byte < 0x80:
                return value, bits, byte
            if bits > 63:
                raise UnwindingError("a number of call frame information is too long")

    def text(self) -> bytes:
        """Bytes up to a zero, which is read too."""
        end = self.data.find(b"\0", self.position)
        if end < 0:
            raise UnwindingError("call frame information is cut short")
        return self.take(end + 1 - self.position)[:-1]

    def number(self, encoding: int) -> int:
        """A number in the form of an encoding, applied to nothing."""
        form = encoding & 0x0F
        if form == _ULEB:
            return self.uleb()
        if form == _SLEB:
            return self.sleb()
        fixed = _FIXED.get(form)
        if fixed is None:
            raise UnwindingError("call frame information has an unknown encoding")
        (value,) = fixed.unpack(self.take(fixed.size))
        return int(value)

    def pointer(self, encoding: int, data_base: int = 0) -> int:
        """An address in the file's own numbering.

        Args:
            data_base: What ``DW_EH_PE_datarel`` counts from.
        """
        if encoding & _INDIRECT:
            raise UnwindingError("call frame information lies behind a pointer")
        here = self.address + self.position
        value = self.number(encoding)
        applied = encoding & 0x70
        if applied == _PC_RELATIVE:
            value += here
        elif applied == _DATA_RELATIVE:
            value += data_base
        elif applied:
            raise UnwindingError("call frame information has an unknown encoding")
        return value & _FULL
