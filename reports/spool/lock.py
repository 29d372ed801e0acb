"""Mutual exclusion between processes, by ``flock``, which dies with its holder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from typing import TYPE_CHECKING

from reports.errors import StorageError
from reports.home import PRIVATE_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_POLL_SECONDS = 0.01


def try_lock(handle: int) -> bool:
    """Take the exclusive lock of an open file if nobody holds it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def held(path: Path, *, patience: float) -> Iterator[bool]:
    """Hold the lock file ``path``; yields whether we got it in ``patience`` seconds.

    A blocking flock would wait for ever behind a stopped process, and interrupting it
    needs a signal, which a library may not use. So it is asked for again and again.
    """
    handle = os.open(path, _FLAGS, PRIVATE_FILE)
    try:
        deadline = time.monotonic() + patience
        while not (mine := try_lock(handle)) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        yield mine
    finally:
        os.close(handle)


@contextlib.contextmanager
def exclusive(path: Path, *, patience: float) -> Iterator[None]:
    """Hold the lock file ``path``.

    Raises:
        StorageError: Somebody else kept it for longer than ``patience`` seconds.
    """
    with held(path, patience=patience) as mine:
        if not mine:
            raise StorageError(
                "another crashwatch process is using the reports",
                hint="Try again, or look for a stopped crashwatch process.",
            )
        yield
