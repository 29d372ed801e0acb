"""Keep another process's memory out of the swap space while it is in ours.

Bytes of a stack are raw until they are sanitized; paged out, they would be on the disk.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import mmap

    from reports.snapshot import ProcessSnapshot

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mlock.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
_lock_at = _libc["mlock"]
_lock_at.argtypes = [ctypes.c_void_p, ctypes.c_size_t]


def lock(data: bytes) -> bool:
    """Lock the pages that ``data`` lies in, where ``RLIMIT_MEMLOCK`` allows it.

    They stay locked until the pages are given back to the kernel; the process that
    captures ends soon. What is refused is not worth failing a capture for.
    """
    return not data or _libc.mlock(data, len(data)) == 0


def lock_map(pages: mmap.mmap) -> bool:
    """Lock a writable mapping, for as long as it stands."""
    start = (ctypes.c_char * len(pages)).from_buffer(pages)
    return bool(_lock_at(ctypes.addressof(start), len(pages)) == 0)


def lock_stacks(snapshot: ProcessSnapshot) -> None:
    """Lock the stacks of a snapshot that another process of ours has taken."""
    for thread in snapshot.threads:
        if thread.stack is not None:
            lock(thread.stack.data)
