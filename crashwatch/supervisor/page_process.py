"""A child of one page of machine code that ends with us: the witness, the guard."""

from __future__ import annotations

import fcntl
import os

from crashwatch.linux.light_calls import die_with_parent
from crashwatch.linux.tiny_program import become

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing and signal (for enum) would cost every start 5 ms each
    import signal
    from collections.abc import Callable, Mapping
    from typing import NoReturn
else:
    import _signal as signal


class PageProcess:
    """One such child, in our process group, with every signal blocked.

    Signals must be blocked when it starts: nothing may reach it before it is ready.
    """

    def __init__(
        self, code: Mapping[str, bytes], name: str, in_python: Callable[[], object]
    ) -> None:
        """Describe it.

        Args:
            code: Its machine code, by machine; descriptors 0, 1, … are what ``start``
                is given, no other is open.
            name: What a list of processes shows.
            in_python: Does the same, for where a memfd may not be executed.
        """
        self._code = dict(code)
        self._name = name
        self._in_python = in_python
        self.pid = 0

    def start(self, *descriptors: int) -> None:
        """Start it with duplicates of ``descriptors``."""
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._run(descriptors, parent)
        self.pid = pid

    def stop(self) -> None:
        """End it, if it runs."""
        if self.pid == 0:
            return
        end_page(self.pid)
        self.pid = 0

    def _run(self, descriptors: tuple[int, ...], parent: int) -> NoReturn:
        try:
            die_with_parent(signal.SIGKILL)
            if os.getppid() == parent:
                signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
                many = len(descriptors)
                # Out of the way first: they may have each other's numbers.
                copies = [fcntl.fcntl(n, fcntl.F_DUPFD, many) for n in descriptors]
                for number, copy in enumerate(copies):
                    os.dup2(copy, number)
                os.closerange(many, os.sysconf("SC_OPEN_MAX"))
                become(self._code, self._name)
                self._in_python()
        finally:
            os._exit(0)


def end_page(pid: int) -> None:
    """End a page process of ours, if there is one and it is still there."""
    if pid <= 0:
        return  # zero would be our whole group
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):
        pass  # it is gone
