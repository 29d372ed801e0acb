"""Stop a terminal that waits in its traceback, before anything is loaded or asked.

The crashing thread alone is held by its write; the others run on, and main could exit 0
meanwhile. The sleeper stops them in its machine code; a launcher that is Python at that
moment does it here. So nothing that costs is imported.
"""

from __future__ import annotations

import os
import select
import time

from crashwatch.supervisor.hold_guard import MORE_TIME

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal

    from crashwatch.supervisor.launch import Launched
else:
    import _signal as signal

_PATIENCE = 2.0
_LOOK_AGAIN = 2
"""Milliseconds between two looks whether the process has stopped."""


def is_stopped(pid: int) -> bool:
    """Whether a process is stopped; False when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read(512).rpartition(b")")[2].split()[0] in {b"T", b"t"}
    except OSError:
        return False


def stop_to_read(terminal: Launched, guard: int) -> bool:
    """Stop it as the sleeper does, and ask its guard for the time to load a reader."""
    if guard > 0:
        try:
            os.kill(guard, MORE_TIME)
        except ProcessLookupError:
            pass  # it has given up
    return stop(terminal)


def stop(terminal: Launched) -> bool:
    """Stop the process and wait until it is; False when it died instead."""
    if is_stopped(terminal.pid):
        # The sleeper did. A second signal would wait, and stop it on its way to death.
        os.waitid(os.P_PID, terminal.pid, os.WSTOPPED | os.WNOHANG)
        return True
    try:
        signal.pidfd_send_signal(terminal.pidfd, signal.SIGSTOP)
    except ProcessLookupError:
        return False
    flags = os.WSTOPPED | os.WEXITED | os.WNOWAIT | os.WNOHANG
    poll = select.poll()
    poll.register(terminal.pidfd, select.POLLIN)
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        changed = os.waitid(os.P_PID, terminal.pid, flags)
        if changed is not None:
            if changed.si_code == os.CLD_STOPPED:
                os.waitid(os.P_PID, terminal.pid, os.WSTOPPED | os.WNOHANG)
            return changed.si_code == os.CLD_STOPPED
        poll.poll(_LOOK_AGAIN)
    # It was stopped before, and we knew of it; or a debugger keeps it from stopping.
    return is_stopped(terminal.pid)


def let_run(terminal: Launched) -> None:
    """Continue it, if it is still there."""
    try:
        signal.pidfd_send_signal(terminal.pidfd, signal.SIGCONT)
    except ProcessLookupError:
        pass  # it has ended, and we are about to learn of it
