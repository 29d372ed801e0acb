"""End as the terminal ended: same exit status, or death by the same signal."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost every end 5 ms
    from typing import NoReturn, TextIO


def end_like(status: int) -> NoReturn:
    """Exit with a wait status's code, or die by its signal without a core of our own.

    As PID 1 no signal can kill us: 128 + n, as a shell tells it.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # closed by whoever started us
            _flush(stream)
    if os.WIFEXITED(status):
        os._exit(os.WEXITSTATUS(status))
    _die_of(os.WTERMSIG(status))


def _die_of(number: int) -> NoReturn:
    import contextlib  # noqa: PLC0415 -- a crash has time
    import faulthandler  # noqa: PLC0415
    import signal  # noqa: PLC0415

    from crashwatch.linux.process_control import (  # noqa: PLC0415
        forbid_core_and_reading,
    )

    ours = os.getpid()
    if ours > 1:  # -1, where a filter refuses even that, would be everybody
        faulthandler.disable()
        # Where it is refused no other program's memory was read either.
        with contextlib.suppress(OSError):
            forbid_core_and_reading()
        # Refused for SIGKILL and for the C library's own two signals (32 and 33), which
        # kill as they are.
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        os.kill(ours, number)
    os._exit(128 + number)


def _flush(stream: TextIO) -> None:
    try:
        stream.flush()
    except (OSError, ValueError):
        pass  # closed, or nobody reads
