"""What could not be read, gathered so that the rest is still kept."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import TracebackType

_MOST: Final = 64


class SoftErrors:
    """Short lines such as ``stack of thread 12: EIO``, each once.

    A line holds our own words, thread ids and the name of an errno: nothing that was
    read from the process.
    """

    def __init__(self) -> None:
        self._lines: dict[str, None] = {}
        self._left_out = 0

    def add(self, what: str, cause: str | OSError | ValueError) -> None:
        """Note that ``what`` could not be read."""
        line = f"{what}: {_describe(cause)}"
        if line in self._lines:
            return
        if len(self._lines) < _MOST:
            self._lines[line] = None
        else:
            self._left_out += 1

    def tolerated(self, what: str) -> Tolerated:
        """Note an ``OSError`` or a parser's ``ValueError`` in a block, and go on."""
        return Tolerated(self, what)

    @property
    def lines(self) -> tuple[str, ...]:
        """All lines, bounded; the last one counts those left out."""
        more = (f"{self._left_out} more",) if self._left_out else ()
        return (*self._lines, *more)


class Tolerated:
    """A ``with`` block that ends early, with a note, where its content cannot be read.

    Not ``contextlib.contextmanager``: type checkers would take what follows a block
    that returns for unreachable.
    """

    def __init__(self, errors: SoftErrors, what: str) -> None:
        self._errors = errors
        self._what = what

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if not isinstance(error, OSError | ValueError):
            return False
        self._errors.add(self._what, error)
        return True


def _describe(cause: str | OSError | ValueError) -> str:
    if isinstance(cause, OSError):
        return errno.errorcode.get(cause.errno or 0, "unknown error")
    return str(cause)
