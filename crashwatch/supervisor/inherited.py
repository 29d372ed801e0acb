"""What the launcher was given, so that the terminal is given the same.

CPython changes its own process before the first line runs: PEP 538 may set
``LC_CTYPE``, SIGPIPE and SIGXFSZ are ignored. The terminal must inherit none of it.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:  # signal itself would cost the start of every terminal 5 ms (enum)
    import signal
else:
    import _signal as signal

_CPYTHON_IGNORES = (signal.SIGPIPE, signal.SIGXFSZ)


class Inherited:
    """The launcher's environment and signal state as its parent left them."""

    __slots__ = ("blocked", "environment", "ignored")

    def __init__(
        self,
        environment: dict[bytes, bytes],
        blocked: set[int],
        ignored: frozenset[int],
    ) -> None:
        self.environment = environment
        self.blocked = blocked
        self.ignored = ignored


def read_inherited() -> Inherited:
    """Read them, at the start of the launcher, before anything is changed."""
    return Inherited(
        environment=environment_at_exec(),
        blocked=set(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        ignored=_ignored() | _ignored_child_signal(),
    )


def environment_at_exec() -> dict[bytes, bytes]:
    """The environment as it was at the exec, in its order.

    ``os.environb`` already holds what PEP 538 added; the kernel's copy does not.
    """
    try:
        with open("/proc/self/environ", "rb") as file:
            return parse_environment(file.read())
    except OSError:
        return dict(os.environb)


def parse_environment(block: bytes) -> dict[bytes, bytes]:
    """Split a NUL-separated block; entries without ``=`` cannot be passed on."""
    pairs = (entry.partition(b"=") for entry in block.split(b"\0") if b"=" in entry)
    return {name: value for name, _, value in pairs if name}


def _ignored() -> frozenset[int]:
    """Whether SIGPIPE and SIGXFSZ were ignored before CPython ignored them.

    That knowledge is gone from this process, but a child is started as its parent is,
    unless the parent took care. Ignored by the parent, then, means ignored here, but
    for a parent that ignores both, which is a Python, and Python's subprocess restores
    them in its children.
    """
    mask = ignored_mask(_status(os.getppid()))
    both = all(mask >> (number - 1) & 1 for number in _CPYTHON_IGNORES)
    if both:
        return frozenset()
    return frozenset(n for n in _CPYTHON_IGNORES if mask >> (n - 1) & 1)


def _ignored_child_signal() -> frozenset[int]:
    """SIGCHLD, where it is ignored: the launcher may not, it waits for a child."""
    is_ignored = signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN
    return frozenset({signal.SIGCHLD} if is_ignored else ())


def _status(pid: int) -> bytes:
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            return file.read(16384)
    except OSError:
        return b""


def ignored_mask(status: bytes) -> int:
    """The ``SigIgn`` bits of ``/proc/PID/status``; 0 when there is no such line."""
    for line in status.splitlines():
        if line.startswith(b"SigIgn:"):
            return int(line[len(b"SigIgn:") :], 16)
    return 0
