"""A child held at its crash: faulthandler blocks in a socket nobody reads."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ARM: Final = (
    "import ctypes, faulthandler, os, signal, threading\n"
    "faulthandler.enable(file=int(os.environ['HOLD_FD']))\n"
)
"""Runs before the crashing code, which may use these names."""

WRITE: Final = {"x86_64": b"1", "aarch64": b"64"}[os.uname().machine]
"""Number of write(2)."""


@dataclass(frozen=True, slots=True)
class HeldCrash:
    """The child and our end of its socket.

    Attributes:
        blocked: Descriptor that the crashing thread blocks on, in the child.
    """

    process: subprocess.Popen[bytes]
    ours: socket.socket
    blocked: int

    @property
    def pid(self) -> int:
        """Process id."""
        return self.process.pid

    def find_crashed(self, tids: Sequence[int]) -> int:
        """The thread that is blocked in its write to the socket."""
        wanted = [WRITE, b"%#x" % self.blocked]
        limit = time.monotonic() + 30
        while time.monotonic() < limit:
            for tid in tids:
                path = Path(f"/proc/{self.pid}/task/{tid}/syscall")
                if path.read_bytes().split()[:2] == wanted:
                    return tid
            os.sched_yield()
        raise AssertionError("no thread is blocked in the traceback's write")

    def let_die(self) -> int:
        """Read the traceback to its end; the exit status as subprocess gives it."""
        while self.ours.recv(65536):
            pass
        return self.process.wait(30)


@contextlib.contextmanager
def held_crash(
    python: str | Path,
    code: str,
    *,
    environment: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
) -> Iterator[HeldCrash]:
    """Run crashing code under a Python; the block begins when it is held."""
    ours, theirs = socket.socketpair()
    with ours, contextlib.ExitStack() as closing:
        with theirs:
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
            descriptor = theirs.fileno()
            process = subprocess.Popen(
                [python, *options, "-c", ARM + code],
                env={**(environment or {}), "HOLD_FD": str(descriptor)},
                pass_fds=[descriptor],
                cwd="/",
                stderr=subprocess.DEVNULL,
            )
        closing.callback(_end, process)
        ready, _, _ = select.select([ours], [], [], 30)
        assert ready, "the child neither crashed nor ended"
        held = HeldCrash(process, ours, descriptor)
        tasks = Path(f"/proc/{held.pid}/task").iterdir()
        held.find_crashed([int(task.name) for task in tasks])
        yield held


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait(30)
