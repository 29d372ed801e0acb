"""Stop when the terminal stops, and wake when it runs again.

A shell waits for the launcher, so a terminal that stops must stop it too. What
continues the whole group (``fg``, ``kill %1``) continues both. But a signal to the
terminal alone (SIGCONT, SIGKILL) would leave us stopped, and whoever waits for us
waiting for ever; a stopped process can do nothing about it. So a child stays awake for
as long as we are stopped, and looks ten times a second.
"""

from __future__ import annotations

import os
import select
import signal
from typing import NoReturn

from crashwatch.linux.process_control import die_with_parent
from crashwatch.supervisor.stopping import is_stopped

_MAY_BE_BLOCKED = frozenset({signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU})
_INTERVAL = 100  # milliseconds


def stop_like(number: int, pid: int, pidfd: int) -> int:
    """Stop this process by the signal that stopped the terminal; return once continued.

    The signal is sent while it is blocked: one that the terminal's own stop has left
    pending is then the same, and we stop once. SIGCONT takes a pending stop away.

    Returns:
        The child that may have sent us SIGCONT; it is gone by now.
    """
    waker = os.fork()
    if waker == 0:
        _wake_parent(pid, pidfd, os.getppid())
    if number in _MAY_BE_BLOCKED:
        os.kill(os.getpid(), number)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    else:
        os.kill(os.getpid(), signal.SIGSTOP)
    os.kill(waker, signal.SIGKILL)
    os.waitpid(waker, 0)
    return waker


def _wake_parent(pid: int, pidfd: int, parent: int) -> NoReturn:
    try:
        die_with_parent(signal.SIGKILL)
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        while os.getppid() == parent:
            if poll.poll(_INTERVAL) or not is_stopped(pid):
                # Not only once: the parent may be on its way to its stop.
                os.kill(parent, signal.SIGCONT)
                select.select([], [], [], _INTERVAL / 1000)
    finally:
        os._exit(0)
