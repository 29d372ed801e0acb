# Shared files mapped into the terminal, and how a forked child lets go of them.

import os
import sys

from . import close_if_ours, is_ours

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the terminal a megabyte
    from typing import Any

_UNKNOWN = -1

_maps: "list[tuple[Any, int, int]]" = []
"""Mappings; the descriptor that each has of its own, where it has one; its inode."""


def map_shared(descriptor: int, inode: int, *, writable: bool) -> "Any":
    # Map a whole file that is still the one we were given.
    #
    # A descriptor stays open, and with it the lock that tells others that we live:
    # before 3.13 one that the mapping makes for itself, later the one that we were
    # given.
    #
    # Raises:
    #     OSError, ValueError: It is another file, or cannot be mapped.
    import mmap  # noqa: PLC0415 -- 40 KB: only where something is counted

    facts = os.fstat(descriptor)
    if facts.st_ino != inode:
        msg = "the descriptor is not ours"
        raise OSError(msg)
    access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
    if sys.version_info >= (3, 13):
        mapped = mmap.mmap(descriptor, facts.st_size, access=access, trackfd=False)
        _maps.append((mapped, descriptor, inode))
        return mapped
    number = os.dup(descriptor)  # the number that mmap's own is going to have
    os.close(number)
    mapped = mmap.mmap(descriptor, facts.st_size, access=access)
    _maps.append((mapped, number if is_ours(number, inode) else _UNKNOWN, inode))
    os.close(descriptor)
    return mapped


def let_go() -> None:
    # In a forked child: of all mappings.
    #
    # One that would close a descriptor of the program's with it is kept.
    if sys.version_info >= (3, 13):
        for _, number, inode in _maps:
            close_if_ours(number, inode)
    _maps[:] = [each for each in _maps if not is_ours(*each[1:])]
