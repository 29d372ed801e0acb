"""A tracer that holds a process so that nobody else can: all it sees, it passes on.

Run as a program: ``python -m tests.doubles.idle_tracer PID``. It prints "attached" and
goes on until the process has ended. Shares no code with the tracer under test.
"""

import ctypes
import errno
import os
import sys
from pathlib import Path
from typing import Final

SEIZE: Final = 0x4206
LISTEN: Final = 0x4208
CONT: Final = 7
STOP_EVENT: Final = 128
WALL: Final = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def hold_on_to(pid: int) -> None:
    """Seize every thread of pid, then pass on all stops and signals to its end.

    A thread may end before its turn; the process itself has to be there.
    """
    for task in Path(f"/proc/{pid}/task").iterdir():
        tid = int(task.name)
        if libc.ptrace(SEIZE, tid, None, None) != 0:
            error = ctypes.get_errno()
            if tid == pid or error != errno.ESRCH:
                raise OSError(error, "PTRACE_SEIZE")
    print("attached", flush=True)
    while True:
        try:
            tid, status = os.waitpid(-1, WALL)
        except ChildProcessError:
            return
        if os.WIFSTOPPED(status):
            pass_on(tid, status)


def pass_on(tid: int, status: int) -> None:
    """A group-stop stays one; a signal is delivered."""
    number = os.WSTOPSIG(status)
    if status >> 16 == STOP_EVENT:
        is_group_stop = number in {19, 20, 21, 22}
        libc.ptrace(LISTEN if is_group_stop else CONT, tid, None, None)
    else:
        libc.ptrace(CONT, tid, None, number)


if __name__ == "__main__":
    hold_on_to(int(sys.argv[1]))
