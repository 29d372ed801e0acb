"""Can the launcher sleep here? Tried, by a sleeper that wakes at once."""

from __future__ import annotations

import os

from crashwatch.linux.sleeper_image import Beats, Waiting, Waking, sleeper_image
from crashwatch.linux.tiny_program import execute

_WOKEN = 7
_REFUSED = 8


def why_no_sleep() -> str:
    """What keeps a launcher from sleeping; empty where nothing does."""
    machine = os.uname().machine
    words = [b"sh", b"-c", b"exit %d" % _WOKEN]
    reading, writing = os.pipe()
    try:
        # A pipe that can be written to is what wakes it.
        waiting = Waiting(signals=-1, terminal=-1, first_beat=writing)
        waking = Waking(b"/bin/sh", words, [], 0)
        image = sleeper_image(waiting, Beats(), waking, machine)
        if not image:
            return f"there is no code for {machine}"
        status = _try(image, writing)
    finally:
        os.close(reading)
        os.close(writing)
    if status == _WOKEN:
        return ""
    refused = "programs in memory are refused (vm.memfd_noexec, or a security module)"
    return refused if status == _REFUSED else "its code does not run here"


def _try(image: bytes, writing: int) -> int:
    """Exit status, or a negative signal, of a child that sleeps and wakes."""
    pid = os.fork()
    if pid == 0:
        try:
            os.set_inheritable(writing, True)
            execute(image, "crashwatch", [b"crashwatch"])
        except OSError:
            os._exit(_REFUSED)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
