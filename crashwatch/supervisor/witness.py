"""A process that only collects signals, to tell a group's signal from one of ours.

Launcher and terminal share a process group. A signal sent to the group (``timeout``, a
shell's SIGHUP, ``kill 0``) reaches the terminal by itself; one sent to the launcher
alone must be passed on. The kernel tells the receiver who sent a signal, not to how
many. So a third member of the group, one page large, has every signal blocked: what is
pending there was sent to all.

The kernel walks a group from its newest member on, so the witness has the signal before
the launcher sees it. Where it cannot run, a signal from a process counts as ours.
"""

from __future__ import annotations

import contextlib
import os
import signal

from crashwatch.linux.process_control import die_with_parent
from crashwatch.linux.tiny_program import WAIT_FOR_EVER, become
from crashwatch.supervisor.inherited import read_pending


class Witness:
    """The third member of the process group. Signals must be blocked when it starts."""

    def __init__(self) -> None:
        self.pid = 0

    def start(self) -> None:
        """Start it; silently without one where memfds may not be executed."""
        pid = os.fork()
        if pid == 0:
            _become_witness()
        self.pid = pid

    def saw(self, number: int) -> bool:
        """Whether a signal was sent to the whole group. Forgets what it saw."""
        if self.pid == 0:
            return False
        seen = bool(read_pending(self.pid) >> (number - 1) & 1)
        if seen:
            self.forget()
        return seen

    def forget(self) -> None:
        """Replace it by one that has seen nothing."""
        self.stop()
        self.start()

    def stop(self) -> None:
        """End it."""
        if self.pid == 0:
            return
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        self.pid = 0


def _become_witness() -> None:
    try:
        die_with_parent(signal.SIGKILL)
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        os.closerange(0, 1024)
        become(WAIT_FOR_EVER, "crashwatch-witness")
    finally:
        os._exit(0)
