"""Run crashwatch with one system call of its freeze or tracer failing.

As a program: ``python -m tests.doubles.failing_calls LOG NUMBER ERRNO ARGUMENT…``. Each
call (a ptrace request, a wait, a list of tasks) is written to LOG by its name, one a
line; the one with that NUMBER, counted from 0 in each process, is not made and fails
with ERRNO. -1: none fails.

Only what lies below our own code is replaced: the C library's ``ptrace`` and the
``os`` functions as the modules that freeze see them.
"""

import ctypes
import errno
import os
import sys
from pathlib import Path
from typing import Any

from crashwatch.linux import collected, freeze, ptrace, tracer
from crashwatch.supervisor import held

REQUESTS = {
    7: "CONT",
    17: "DETACH",
    0x4201: "GETEVENTMSG",
    0x4202: "GETSIGINFO",
    0x4204: "GETREGSET",
    0x4206: "SEIZE",
    0x4207: "INTERRUPT",
    0x4208: "LISTEN",
}


class Plan:
    """Which call fails, and how; counts them."""

    def __init__(self, log: str, number: int, failure: str) -> None:
        self.log = log
        self.number = number
        self.code = getattr(errno, failure)
        self.count = 0

    def strikes(self, name: str) -> bool:
        """Note a call; True when it is its turn to fail."""
        with Path(self.log).open("a", encoding="ascii") as file:
            file.write(f"{name}\n")
        self.count += 1
        return self.count - 1 == self.number


class FailingLibrary:
    """The C library with a ptrace that may fail."""

    def __init__(self, real: Any, plan: Plan) -> None:
        self._real = real
        self._plan = plan

    def ptrace(self, request: int, *arguments: int) -> int:
        if self._plan.strikes(REQUESTS.get(request, hex(request))):
            ctypes.set_errno(self._plan.code)
            return -1
        return int(self._real.ptrace(request, *arguments))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class FailingSystem:
    """The ``os`` module with waits that may fail. Those that find nothing do not count:
    there are more or fewer of them each time."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def listdir(self, path: str) -> list[str]:
        self._fail_in_turn("listdir")
        return os.listdir(path)  # noqa: PTH208 -- as the code under test calls it

    def waitpid(self, pid: int, options: int) -> tuple[int, int]:
        self._look("waitpid", pid, options)
        return os.waitpid(pid, options)

    def wait4(self, pid: int, options: int) -> Any:
        self._look("wait4", pid, options)
        return os.wait4(pid, options)

    def _look(self, name: str, pid: int, options: int) -> None:
        """Fail before the real wait, which would take what it finds."""
        kinds = os.WEXITED | os.WSTOPPED | os.WNOWAIT
        which = os.P_ALL if pid == -1 else os.P_PID
        try:
            found = os.waitid(which, max(pid, 0), options | kinds)
        except ChildProcessError:
            return
        if found is not None:
            self._fail_in_turn(name)

    def _fail_in_turn(self, name: str) -> None:
        if self._plan.strikes(name):
            raise OSError(self._plan.code, os.strerror(self._plan.code))


def main() -> None:
    """Install the failure and become crashwatch."""
    log, number, failure, *arguments = sys.argv[1:]
    plan = Plan(log, int(number), failure)
    ptrace._libc = FailingLibrary(ptrace._libc, plan)
    for module in (collected, freeze, tracer, held):
        module.os = FailingSystem(plan)
    sys.argv = ["crashwatch", *arguments]
    from crashwatch.__main__ import main as crashwatch

    crashwatch()


if __name__ == "__main__":
    main()
