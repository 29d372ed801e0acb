"""Fuzz target: the parsers of /proc text, and of ELF images in memory."""

from __future__ import annotations

import errno
import time

from crashwatch.linux.dynamic_linking import LinkMapError, read_dynamic_linking
from crashwatch.linux.elf_image import (
    ElfImageError,
    find_build_id,
    read_build_id,
    read_image,
    read_soname,
)
from crashwatch.linux.proc_parsers import (
    ProcParseError,
    parse_auxv,
    parse_comm,
    parse_maps,
    parse_stat,
    parse_status,
    parse_syscall,
)
from crashwatch.linux.soft_errors import SoftErrors

PARSERS = (
    parse_maps,
    parse_stat,
    parse_status,
    parse_auxv,
    parse_syscall,
    parse_comm,
)

BASE = 0x7F00_0000_0000
_SECONDS_PER_MEGABYTE = 1.0


def TARGET(data: bytes) -> None:  # noqa: N802 -- the name every fuzz target has
    """A value or the declared error, within 1 s for each MB of input."""
    begun = time.process_time()
    for parser in PARSERS:
        try:
            parser(data)
        except ProcParseError as error:
            assert str(error).isascii()  # noqa: PT017 -- its text is ours, no input
    _elf(data)
    allowed = _SECONDS_PER_MEGABYTE * max(1.0, len(data) / (1 << 20))
    assert time.process_time() - begun < allowed


def _elf(data: bytes) -> None:
    def read(address: int, size: int) -> bytes:
        start = address - BASE
        if start < 0 or not 0 <= size <= len(data) - start:
            raise OSError(errno.EIO, "outside")
        return data[start : start + size]

    find_build_id(data, 4)
    try:
        image = read_image(read, BASE, available=len(data))
    except (ElfImageError, OSError):
        return
    for part in (read_build_id, read_soname):
        try:
            part(read, image)
        except (ElfImageError, OSError):
            continue
    try:
        read_dynamic_linking(read, image, SoftErrors())
    except (ElfImageError, LinkMapError, OSError):
        return
