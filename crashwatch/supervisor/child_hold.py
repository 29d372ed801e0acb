"""The crash path of a process that is no child of ours: a child of the terminal's.

As ``held.hold``, with two differences. It is not stopped by SIGSTOP: the kernel would
tell its parent, and a shell that waits for stopped jobs would take the terminal back.
Its threads are seized at once instead, of which its parent hears nothing. And how it
ended is its parent's to know; the kernel tells a tracer as well, where we are one.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from crashwatch.backtraces.faulthandler_text import announced_signal
from crashwatch.linux.freeze import frozen
from crashwatch.linux.process_control import forbid_core_and_reading
from crashwatch.supervisor.held import (
    HeldCrash,
    drain,
    find_writer,
    let_die,
    note_refusal,
    take_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from crashwatch.linux.signal_descriptor import SignalDescriptor
    from crashwatch.supervisor.held import Reader
    from crashwatch.supervisor.launch import Launched


def hold_child(
    child: Launched,
    signals: SignalDescriptor,
    reader: Reader,
    replay_to: Callable[[], int | None],
) -> HeldCrash | None:
    """Deal with a readable hold socket; arguments and result are those of ``hold``."""
    started = time.monotonic()
    crash: HeldCrash | None = None
    try:
        # From here on another program's memory is in ours.
        forbid_core_and_reading()
        with frozen(child.pid) as process:
            crashed = find_writer(child.pid, child.hold_number)
            if crashed is None:
                return None
            crash = HeldCrash(crashed, text=drain(child))
            crash.findings = reader(process, crashed, announced_signal(crash.text))
            let_die(process, child, signals, crash, replay_to, started)
    except OSError as error:
        crash = _refused(child, crash, error)
        if crash is not None:
            take_text(child, signals, crash, replay_to(), wake=False)
    return crash


def _refused(
    child: Launched, crash: HeldCrash | None, error: OSError
) -> HeldCrash | None:
    """A crash that may not be read, or no further: None where another process wrote."""
    if crash is not None:
        note_refusal(crash, child.pid, error)
        return crash
    crashed = find_writer(child.pid, child.hold_number)
    crash = HeldCrash(crashed or child.pid)
    note_refusal(crash, child.pid, error)
    crash.text = drain(child)  # last: it runs on from here
    known = crashed is not None or announced_signal(crash.text)
    return crash if known else None
