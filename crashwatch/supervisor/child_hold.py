"""The crash path of a process that is no child of ours: a child of the terminal's.

As ``held.hold``, with two differences. It is not stopped by SIGSTOP: the kernel would
tell its parent, and a shell that waits for stopped jobs would take the terminal back.
Its threads are seized at once instead, of which its parent hears nothing. And how it
ended is its parent's to know; the kernel tells a tracer as well, where we are one.
"""

from __future__ import annotations

import select
import time
from typing import TYPE_CHECKING, Final

from crashwatch.backtraces.faulthandler_text import announced_signal
from crashwatch.linux.freeze import frozen
from crashwatch.linux.process_control import forbid_core_and_reading
from crashwatch.supervisor.held import (
    HeldCrash,
    let_die,
    note_refusal,
    take_text,
)
from crashwatch.supervisor.hold_text import (
    BLOCKS_SOON,
    drain,
    find_writer,
    has_text_of_its_own,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from crashwatch.linux.signal_descriptor import SignalDescriptor
    from crashwatch.supervisor.held import Reader
    from crashwatch.supervisor.launch import Launched


_MOMENT: Final = 2
"""Milliseconds for it to run, before its threads are seized again."""


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
        while crash is None:
            with frozen(child.pid) as process:
                crashed = find_writer(child.pid, child.hold_number)
                if crashed is not None:
                    crash = HeldCrash(crashed, text=drain(child))
                    number = announced_signal(crash.text)
                    crash.findings = reader(process, crashed, number)
                    let_die(process, child, signals, crash, replay_to, started)
            if crash is None and not _will_block(child, started):
                return None
    except OSError as error:
        crash = _refused(child, crash, error)
        if crash is not None:
            take_text(child, signals, crash, replay_to(), wake=False)
    return crash


def _will_block(child: Launched, started: float) -> bool:
    """Whether it was between two of its writes, as ``held`` says; it runs a moment."""
    if not has_text_of_its_own(child) or time.monotonic() - started > BLOCKS_SOON:
        return False
    poll = select.poll()
    poll.register(child.pidfd, select.POLLIN)
    return not poll.poll(_MOMENT)


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
