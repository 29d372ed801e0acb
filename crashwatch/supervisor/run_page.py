"""The page that one run shares with its terminal, on the launcher's side.

``crashwatch.client.inside.run_page`` says what each word is.
"""

from __future__ import annotations

import os
import sys

from crashwatch.client.inside.run_page import MAGIC, PAGE_BYTES, READY_AT


def make_run_page() -> int:
    """An empty page in memory; close-on-exec.

    Raises:
        OSError: No memory, or no more descriptors.
    """
    descriptor = os.memfd_create("crashwatch-run", os.MFD_CLOEXEC)
    os.ftruncate(descriptor, PAGE_BYTES)
    os.pwrite(descriptor, MAGIC, 0)
    return descriptor


def ready_at(page: int) -> int:
    """``CLOCK_MONOTONIC`` in nanoseconds at the terminal's ``ready()``; 0: never."""
    return int.from_bytes(os.pread(page, 8, READY_AT), sys.byteorder)
