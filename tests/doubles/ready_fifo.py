"""A FIFO through which a program tells that it is ready, so that nobody sleeps."""

import contextlib
import os
import select
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ReadyFifo:
    """The listening side; hand `path` to the program."""

    path: Path
    descriptor: int

    def wait(self, deadline: float = 30.0) -> bytes:
        """Wait until something is written into it; return that.

        Raises:
            TimeoutError: Nothing came within deadline seconds.
        """
        ready, _, _ = select.select([self.descriptor], [], [], deadline)
        if not ready:
            raise TimeoutError(f"nothing was written into {self.path.name}")
        return os.read(self.descriptor, 4096)


@contextlib.contextmanager
def ready_fifo(path: Path) -> Iterator[ReadyFifo]:
    """Make a FIFO at path and listen to it, without waiting for a writer."""
    os.mkfifo(path, 0o600)
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        yield ReadyFifo(path, descriptor)
    finally:
        os.close(descriptor)
