"""A child of one page of machine code that ends with us: the witness, the guard."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING, NoReturn

from crashwatch.linux.process_control import die_with_parent
from crashwatch.linux.tiny_program import become

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class PageProcess:
    """One such child, in our process group, with every signal blocked.

    Signals must be blocked when it starts: nothing may reach it before it is ready.
    """

    def __init__(
        self, code: Mapping[str, bytes], name: str, in_python: Callable[[], object]
    ) -> None:
        """Describe it.

        Args:
            code: Its machine code, by machine; descriptor 0 is what ``start`` is given,
                no other is open.
            name: What a list of processes shows.
            in_python: Does the same, for where a memfd may not be executed.
        """
        self._code = dict(code)
        self._name = name
        self._in_python = in_python
        self.pid = 0

    def start(self, descriptor: int) -> None:
        """Start it with a duplicate of ``descriptor``."""
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._run(descriptor, parent)
        self.pid = pid

    def stop(self) -> None:
        """End it, if it runs."""
        if self.pid == 0:
            return
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        self.pid = 0

    def _run(self, descriptor: int, parent: int) -> NoReturn:
        try:
            die_with_parent(signal.SIGKILL)
            if os.getppid() == parent:
                signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
                os.dup2(descriptor, 0)
                os.closerange(1, os.sysconf("SC_OPEN_MAX"))
                become(self._code, self._name)
                self._in_python()
        finally:
            os._exit(0)
