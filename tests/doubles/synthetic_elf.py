"""ELF images as they lie in memory, packed from the gABI by offset and by hand."""

import struct

NOTE_GNU = b"GNU\0"


def synthetic_elf(
    *,
    base: int = 0,
    build_id: bytes = b"",
    soname: bytes = b"",
    debug: int = 0,
    relocated: bool = True,
    alignment: int = 4,
    span: int = 0x3000,
) -> bytes:
    """One page: header at 0, program headers at 64, notes at 0x400, dynamic at 0x600,
    strings at 0x800.

    Args:
        base: Where it is mapped; addresses in the file begin at 0.
        build_id: Content of its note; none when empty.
        soname: DT_SONAME; none when empty.
        debug: Value of DT_DEBUG; none when 0.
        relocated: Whether DT_STRTAB holds an address in memory (glibc) or in the file.
        alignment: Of the notes.
        span: Bytes its one segment takes in memory.
    """
    page = bytearray(0x1000)
    notes = _notes(build_id, alignment)
    page[0x400 : 0x400 + len(notes)] = notes
    strings = b"\0" + soname + b"\0"
    page[0x800 : 0x800 + len(strings)] = strings
    dynamic = _dynamic(base if relocated else 0, soname, debug, len(strings))
    page[0x600 : 0x600 + len(dynamic)] = dynamic
    headers = [
        (1, 0, 0, 0x1000, span, 0x1000),
        (4, 0x400, 0x400, len(notes), len(notes), alignment),
        (2, 0x600, 0x600, len(dynamic), len(dynamic), 8),
    ]
    page[0:4] = b"\x7fELF"
    page[4:7] = b"\x02\x01\x01"
    struct.pack_into("<HHI", page, 16, 3, 62, 1)
    struct.pack_into("<Q", page, 32, 64)
    struct.pack_into("<HHH", page, 52, 64, 56, len(headers))
    for number, (kind, offset, address, size, memory, align) in enumerate(headers):
        at = 64 + 56 * number
        struct.pack_into("<II", page, at, kind, 4)
        struct.pack_into("<QQQ", page, at + 8, offset, address, address)
        struct.pack_into("<QQQ", page, at + 32, size, memory, align)
    return bytes(page)


def _notes(build_id: bytes, alignment: int) -> bytes:
    property_note = struct.pack("<III", 4, 16, 5) + NOTE_GNU + bytes(16)
    if not build_id:
        return property_note
    note = struct.pack("<III", 4, len(build_id), 3) + NOTE_GNU + build_id
    return property_note + note + bytes(-len(note) % alignment)


def _dynamic(bias: int, soname: bytes, debug: int, strings: int) -> bytes:
    pairs = [(5, 0x800 + bias), (10, strings)]
    if soname:
        pairs.append((14, 1))
    if debug:
        pairs.append((21, debug))
    return b"".join(struct.pack("<QQ", *pair) for pair in [*pairs, (0, 0)])
