"""Module files with call frame information and symbols, packed by hand from the LSB,
DWARF and the gABI.
"""

import lzma
import struct
from collections.abc import Sequence

BUILD_ID = bytes(range(20))
CODE = 0x1000
"""Address and file offset of the code; each function has 0x100 bytes of it."""

TABLE = 0x3000
FRAMES = 0x3800
SYMBOLS = 0x5000
STRINGS = 0x6000
NAMES = 0x6800
HEADERS = 0x7000

DEFAULT = bytes([0x0C, 7, 8, 0x80 | 16, 1])
"""AMD64 at a function's first instruction: CFA is rsp+8, return address at CFA-8."""


def uleb(value: int) -> bytes:
    """An unsigned LEB128 number."""
    out = bytearray()
    while True:
        out.append(value & 0x7F | (0x80 if value > 0x7F else 0))
        value >>= 7
        if not value:
            return bytes(out)


def cie(
    initial: bytes = DEFAULT,
    *,
    augmentation: bytes = b"zR",
    data: bytes = b"\x1b",
    return_register: int = 16,
    code_factor: int = 1,
    data_factor: int = 0x78,
) -> bytes:
    """A common record; the data factor is the sleb byte of -8."""
    body = struct.pack("<IB", 0, 1) + augmentation + b"\0"
    body += uleb(code_factor) + bytes([data_factor, return_register])
    if augmentation:
        body += uleb(len(data)) + data
    body += initial
    body += bytes(-(len(body) + 4) % 8)
    return struct.pack("<I", len(body)) + body


def frames(
    functions: Sequence[tuple[int, bytes]], common: bytes, size: int = 0x100
) -> tuple[bytes, bytes]:
    """``.eh_frame`` for FRAMES and ``.eh_frame_hdr`` for TABLE."""
    section = bytearray(common)
    entries = []
    for start, program in functions:
        at = FRAMES + len(section)
        body = struct.pack("<Iii", at + 4 - FRAMES, start - (at + 8), size) + b"\0"
        body += program
        body += bytes(-(len(body) + 4) % 8)
        section += struct.pack("<I", len(body)) + body
        entries.append((start - TABLE, at - TABLE))
    header = bytes([1, 0x1B, 0x03, 0x3B])
    header += struct.pack("<iI", FRAMES - (TABLE + 4), len(entries))
    header += b"".join(struct.pack("<ii", *each) for each in sorted(entries))
    return bytes(section) + bytes(4), header


def module_file(
    functions: Sequence[tuple[int, bytes]] = (),
    *,
    symbols: Sequence[tuple[str, int, int, int]] = (),
    table: bytes = b".symtab",
    common: bytes | None = None,
    build_id: bytes = BUILD_ID,
    code: bytes = b"",
    packed: bytes = b"",
) -> bytes:
    """A file of 32 KB whose addresses are its offsets.

    Args:
        functions: Start and call frame program of each.
        symbols: Name, address, size and info byte (0x12: a global function).
        packed: Content of ``.gnu_debugdata``, compressed here.
    """
    file = bytearray(0x8000)
    section, header = frames(functions, cie() if common is None else common)
    file[CODE : CODE + 0x2000] = code.ljust(0x2000, b"\x90")[:0x2000]
    file[TABLE : TABLE + len(header)] = header
    file[FRAMES : FRAMES + len(section)] = section
    note = struct.pack("<III", 4, len(build_id), 3) + b"GNU\0" + build_id
    file[0x400 : 0x400 + len(note)] = note
    segments = [
        (1, 5, 0, 0, 0x7000, 0x1000),
        (4, 4, 0x400, 0x400, len(note), 4),
        (0x6474E550, 4, TABLE, TABLE, len(header), 4),
    ]
    for number, (kind, flags, offset, address, size, align) in enumerate(segments):
        struct.pack_into(
            *("<IIQQQQQQ", file, 64 + 56 * number, kind, flags, offset, address),
            *(address, size, size, align),
        )
    sections = _sections(file, symbols, table, packed)
    file[:16] = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    struct.pack_into("<HHIQQQIHHHHHH", file, 16, 3, 62, 1, 0, 64, HEADERS, 0, 64, 56,
                     len(segments), 64, sections, sections - 1)  # fmt: skip
    return bytes(file)


def _sections(file, symbols, table, packed):
    strings, entries = bytearray(b"\0"), bytearray(24)
    for name, address, size, info in symbols:
        entries += struct.pack("<IBBHQQ", len(strings), info, 0, 1, address, size)
        strings += name.encode() + b"\0"
    file[SYMBOLS : SYMBOLS + len(entries)] = entries
    file[STRINGS : STRINGS + len(strings)] = strings
    partner = {b".symtab": b".strtab", b".dynsym": b".dynstr"}[table]
    rows = [(b"", 0, 0, 0), (table, 2, SYMBOLS, len(entries))]
    rows.append((partner, 3, STRINGS, len(strings)))
    if packed:
        data = lzma.compress(packed)
        rows.append((b".gnu_debugdata", 1, 0x8000, len(data)))
        file += data
    rows.append((b".shstrtab", 3, NAMES, 0x200))
    names = bytearray()
    for number, (name, kind, offset, size) in enumerate(rows):
        struct.pack_into("<IIQQQQIIQQ", file, HEADERS + 64 * number, len(names), kind,
                         0, 0, offset, size, 2, 0, 8, 24)  # fmt: skip
        names += name + b"\0"
    file[NAMES : NAMES + len(names)] = names
    return len(rows)
