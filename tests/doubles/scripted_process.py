"""A process to take a snapshot of, whose every call can be made to fail.

It wraps the real sources and knows nothing of the parsers: calls are counted, and the
chosen one fails as told.
"""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

FAILURES: Final = ("EPERM", "ESRCH", "EIO", "short", "empty")


class Files(Protocol):
    """What is wrapped of the process's files."""

    pid: int

    def read(self, name: str, limit: int) -> bytes: ...

    def read_memory(self, address: int, size: int) -> bytes: ...


class Requests(Protocol):
    """What is wrapped of ptrace."""

    def getregset(self, tid: int, note: int, size: int) -> bytes: ...

    def getsiginfo(self, tid: int) -> bytes: ...


@dataclass
class ScriptedProcess:
    """Answers as the real process does, but for one call (or one kind of call).

    Attributes:
        fail_at: Which call fails, counted from 0; -1 for none.
        fail_kind: Every call whose label begins so fails; empty for none.
        failure: One of FAILURES.
        calls: A label for each call that was made: "maps", "memory", "getregset".
    """

    files: Files
    requests: Requests
    fail_at: int = -1
    fail_kind: str = ""
    failure: str = "EIO"
    calls: list[str] = field(default_factory=list)

    @property
    def pid(self) -> int:
        return self.files.pid

    def read(self, name: str, limit: int) -> bytes:
        return self._answer(name, lambda: self.files.read(name, limit))

    def read_memory(self, address: int, size: int) -> bytes:
        return self._answer("memory", lambda: self.files.read_memory(address, size))

    def getregset(self, tid: int, note: int, size: int) -> bytes:
        label = f"getregset {note}"
        return self._answer(label, lambda: self.requests.getregset(tid, note, size))

    def getsiginfo(self, tid: int) -> bytes:
        return self._answer("getsiginfo", lambda: self.requests.getsiginfo(tid))

    def _answer(self, label: str, real: Callable[[], bytes]) -> bytes:
        number = len(self.calls)
        self.calls.append(label)
        by_kind = bool(self.fail_kind) and label.startswith(self.fail_kind)
        if number != self.fail_at and not by_kind:
            return real()
        if self.failure == "empty":
            return b""
        if self.failure == "short":
            answer = real()
            return answer[: len(answer) // 2]
        code = getattr(errno, self.failure)
        raise OSError(code, os.strerror(code))
