"""Does a thread meet the same fault again and again? Seen at the fault itself.

A handler written in Python only notes its signal and returns to the instruction that
faulted: it faults again, for ever, at full speed, and nothing ever dies. With the
other threads stopped and this one traced, each fault is a stop before the handler
runs: three of the kernel's own at one instruction are no coincidence.
"""

from __future__ import annotations

import os
import platform
import signal
import struct
import time
from typing import TYPE_CHECKING, Final

from crashwatch.linux import collected, ptrace

if TYPE_CHECKING:
    from crashwatch.linux.freeze import Frozen

_FAULTS: Final = frozenset(
    {signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL}
)
_TIMES: Final = 3
_PATIENCE: Final = 0.3
_NAP: Final = 0.0005
_NT_PRSTATUS: Final = 1
_PROGRAM_COUNTER: Final = {"x86_64": 128, "aarch64": 256}
"""Offset in ``NT_PRSTATUS``'s general registers."""
_REGISTER_BYTES: Final = 272


def meets_one_fault(process: Frozen, tid: int) -> bool:
    """Let one thread of a stopped process run for a moment, and look.

    Returns:
        True when it met one fault three times; it then stands at the delivery of the
        fault's signal, and ``process.release`` delivers it as if nothing had been.

    Raises:
        OSError: The thread is gone or cannot be traced.
    """
    process.resume_only(tid)
    places: list[int] = []
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        gone, status, _ = collected.wait(tid, ptrace.ALL_THREADS | os.WNOHANG)
        if not gone:
            time.sleep(_NAP)
        elif not os.WIFSTOPPED(status):
            return False
        else:
            place = _fault_at(tid, status)
            places = [*places, place] if place in places else [place]
            if place and len(places) == _TIMES:
                process.keep(tid, status)
                return True
            process.pass_on(tid, status)
    ptrace.interrupt(tid)
    _, status, _ = collected.wait(tid, ptrace.ALL_THREADS)
    if os.WIFSTOPPED(status):
        process.keep(tid, status)
    return False


def _fault_at(tid: int, status: int) -> int:
    """The instruction that faulted; 0 when the stop is another one."""
    if status >> 16 or os.WSTOPSIG(status) not in _FAULTS:
        return 0
    (code,) = struct.unpack_from("=i", ptrace.getsiginfo(tid), 8)
    if code <= 0:  # sent by somebody
        return 0
    registers = ptrace.getregset(tid, _NT_PRSTATUS, _REGISTER_BYTES)
    (place,) = struct.unpack_from("=Q", registers, _PROGRAM_COUNTER[platform.machine()])
    return int(place)
