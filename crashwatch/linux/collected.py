"""How processes of ours ended, kept from the moment that the kernel told it.

It tells each end once, and to whoever asks first: the watch, or what freezes a process
that dies meanwhile. Whatever of ours fails a step later, the launcher ends as the
terminal did: ``cli.wake_alone`` looks here, without loading anything.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost every wake 5 ms
    import resource
    from typing import Final

ENDED: Final[dict[int, tuple[int, resource.struct_rusage]]] = {}
"""Wait status and usage by pid; for a thread that was traced, by its number."""
_STOPPED = 0x7F
"""Lowest byte of the wait status of one that has not ended (wait(2), WIFSTOPPED)."""


def wait(pid: int, options: int = 0) -> tuple[int, int, resource.struct_rusage]:
    """As ``os.wait4``; an end is kept before any other step.

    Raises:
        ChildProcessError: It is no child of ours, or was collected.
    """
    gone, status, usage = os.wait4(pid, options)
    if gone and status & 0xFF != _STOPPED:
        ENDED[gone] = status, usage
    return gone, status, usage
