"""The page that one run shares with its terminal, on the launcher's side.

``crashwatch.client.inside.run_page`` says what each word is.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sys

from crashwatch.client.inside.run_page import (
    HANDLER_REPLACED,
    HEARTBEATS,
    MAGIC,
    PAGE_BYTES,
    READY_AT,
)

_MFD_NOEXEC_SEAL = 8


def make_run_page() -> int:
    """An empty page in memory; close-on-exec.

    It can be written but not resized: a store behind its end would be SIGBUS.

    Raises:
        OSError: No memory, or no more descriptors.
    """
    page = plain_memfd("crashwatch-run")
    os.write(page, MAGIC.ljust(PAGE_BYTES, b"\0"))
    sizes = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
    fcntl.fcntl(page, fcntl.F_ADD_SEALS, sizes)
    return page


def plain_memfd(name: str) -> int:
    """A memfd for data. Said so, it is allowed where executable ones are not.

    Raises:
        OSError: There are none here.
    """
    flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
    try:
        return os.memfd_create(name, flags | _MFD_NOEXEC_SEAL)
    except OSError as error:
        if error.errno != errno.EINVAL:  # EINVAL: Linux before 6.3
            raise
    return os.memfd_create(name, flags)


def ready_at(page: int) -> int:
    """``CLOCK_MONOTONIC`` in nanoseconds at the terminal's ``ready()``; 0: never."""
    return _word(page, READY_AT)


def heartbeats(page: int) -> int:
    """How many there were; 0 without a page."""
    return _word(page, HEARTBEATS) if page >= 0 else 0


def handler_is_replaced(page: int) -> bool:
    """Whether a heartbeat found another handler of SIGSEGV than ours."""
    return _word(page, HANDLER_REPLACED) == 1


def _word(page: int, offset: int) -> int:
    return int.from_bytes(os.pread(page, 8, offset), sys.byteorder)
