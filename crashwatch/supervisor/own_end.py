"""End as the terminal ended: same exit status, or death by the same signal."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import sys
from typing import NoReturn

from crashwatch.linux.process_control import forbid_core_and_reading


def end_like(status: int) -> NoReturn:
    """Exit with a wait status's code, or die by its signal without a core of our own.

    As PID 1 no signal can kill us: 128 + n, as a shell tells it.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # closed by whoever started us
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
    if os.WIFEXITED(status):
        os._exit(os.WEXITSTATUS(status))
    number = os.WTERMSIG(status)
    if os.getpid() != 1:
        faulthandler.disable()
        forbid_core_and_reading()
        # Refused for SIGKILL and for the C library's own two signals (32 and 33), which
        # kill as they are.
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        os.kill(os.getpid(), number)
    os._exit(128 + number)
