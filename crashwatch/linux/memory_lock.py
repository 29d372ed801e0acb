"""Keep another process's memory out of the swap space while it is in ours.

Bytes of a stack are raw until they are sanitized; paged out, they would be on the disk.
"""

from __future__ import annotations

import ctypes

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mlock.argtypes = [ctypes.c_char_p, ctypes.c_size_t]


def lock(data: bytes) -> bool:
    """Lock the pages that ``data`` lies in, where ``RLIMIT_MEMLOCK`` allows it.

    They stay locked until the pages are given back to the kernel; the process that
    captures ends soon. What is refused is not worth failing a capture for.
    """
    return not data or _libc.mlock(data, len(data)) == 0
