r"""Parse what faulthandler wrote. Pure.

The text, from CPython's ``Modules/faulthandler.c`` and ``Python/traceback.c``::

    Fatal Python error: Segmentation fault

    Current thread 0x00007f3c2c174740 (most recent call first):
      File "/usr/lib/python3.11/ctypes/__init__.py", line 519 in string_at
      ...

    Thread 0x... (most recent call first):

With one thread only the header is ``Stack (most recent call first):``. Names longer
than 500 characters end in ``...``; non-ASCII is escaped (``\xeb``, ``\u540d``). Under
3.13 a thread's header may carry ``[name]``. Pieces may be missing: each write of a
process whose supervisor was slow can be lost.
"""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass

from reports.evidence import RawFrame, RawThread

TEXT_LIMIT = 4 * 1024 * 1024

_HEADER = re.compile(
    r"(?:(?P<current>Current thread|Thread) 0x(?P<ident>[0-9a-f]{1,16})|Stack)"
    r"(?: \[(?P<name>[^\]\n]{0,64})\])? \(most recent call first\):"
)
_FRAME = re.compile(
    r'  File "(?P<file>[^"\n]*)", line (?P<line>\d{1,9}) in (?P<name>.+)'
)
_ERROR = re.compile(r"Fatal Python error: (?P<what>[^\n]{1,80})")


_SIGNALS = {
    b"Segmentation fault": signal.SIGSEGV,
    b"Aborted": signal.SIGABRT,
    b"Bus error": signal.SIGBUS,
    b"Floating point exception": signal.SIGFPE,
    b"Floating-point exception": signal.SIGFPE,  # since 3.13
    b"Illegal instruction": signal.SIGILL,
}
HANDLED = frozenset(_SIGNALS.values())
"""The signals for which a traceback is written."""


@dataclass(frozen=True, slots=True)
class FaulthandlerText:
    """What was understood.

    Attributes:
        error: The words after ``Fatal Python error:``, or empty.
        threads: As written; the crashing one is marked.
    """

    error: str
    threads: tuple[RawThread, ...]


def announced_signal(data: bytes) -> int:
    """The signal that a traceback's first line names; 0 where it names none."""
    words = data.partition(b"Fatal Python error: ")[2].partition(b"\n")[0]
    return int(_SIGNALS.get(words, 0))


def parse_faulthandler(data: bytes) -> FaulthandlerText:
    """Read a traceback; what makes no sense is passed over, nothing is raised."""
    text = data[:TEXT_LIMIT].decode("utf-8", "replace")
    error = ""
    threads: list[tuple[str, bool, list[RawFrame]]] = []
    for line in text.splitlines():
        if (header := _HEADER.match(line)) is not None:
            crashed = header["current"] != "Thread"
            threads.append((header["name"] or "", crashed, []))
        elif threads and (frame := _FRAME.match(line)) is not None:
            threads[-1][2].append(
                RawFrame(frame["name"], frame["file"], int(frame["line"]))
            )
        elif not error and (fatal := _ERROR.match(line)) is not None:
            error = fatal["what"]
    return FaulthandlerText(
        error,
        tuple(
            RawThread(name=name, crashed=crashed, frames=tuple(frames))
            for name, crashed, frames in threads
        ),
    )
