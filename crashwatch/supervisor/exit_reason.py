"""From a wait status to a reason: one table of every outcome. Pure."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Final, NamedTuple

from reports.crash_report import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping


class Fate(NamedTuple):
    """What an outcome means.

    Attributes:
        survives: Whether the process goes on.
        reported: Whether there is a report.
        sentence: One line for the person, with ``{program}`` and ``{detail}``.
    """

    survives: bool
    reported: bool
    sentence: str


FATES: Final[Mapping[Outcome, Fate]] = {
    Outcome.SIGNAL: Fate(False, True, "{program} crashed ({detail})."),
    Outcome.UNCAUGHT_MAIN: Fate(
        False, True, "{program} stopped: an error nobody handled ({detail})."
    ),
    Outcome.UNCAUGHT_THREAD: Fate(
        True, True, "{program} lost a thread: an error nobody handled ({detail})."
    ),
    Outcome.UNRAISABLE: Fate(
        True, True, "{program} met an error where none can be handled ({detail})."
    ),
    Outcome.HANDLED: Fate(True, True, "{program} reported an error ({detail})."),
    Outcome.OUT_OF_MEMORY: Fate(
        False, True, "{program} was killed: the machine ran out of memory."
    ),
    Outcome.KILLED: Fate(False, False, "{program} was killed."),
    Outcome.TERMINATED: Fate(False, False, "{program} was ended by {detail}."),
    Outcome.EXIT_NONZERO: Fate(False, False, "{program} ended with {detail}."),
    Outcome.EXIT_CLEAN: Fate(False, False, "{program} ended."),
    Outcome.HANG: Fate(True, True, "{program} does not respond."),
}
"""Each outcome: does the process survive, is there a report.

SIGKILL by somebody, SIGTERM, SIGHUP, SIGINT and plain exit codes are how a program is
ended, not how it fails: nothing is reported. ``docs/architecture.md`` shows this table.
"""

FAULTS: Final = frozenset(
    {
        signal.SIGSEGV,
        signal.SIGABRT,
        signal.SIGBUS,
        signal.SIGFPE,
        signal.SIGILL,
        signal.SIGSYS,
        signal.SIGTRAP,
        signal.SIGQUIT,
        signal.SIGXCPU,
        signal.SIGXFSZ,
    }
)
"""Signals whose default action is a core dump: deaths worth a report. SIGQUIT is left
out below: it is what Ctrl-\\ sends."""

_ON_PURPOSE: Final = frozenset({signal.SIGQUIT})

_CODES: Final = {
    signal.SIGSEGV: {
        1: "SEGV_MAPERR",
        2: "SEGV_ACCERR",
        3: "SEGV_BNDERR",
        4: "SEGV_PKUERR",
    },
    signal.SIGBUS: {1: "BUS_ADRALN", 2: "BUS_ADRERR", 3: "BUS_OBJERR"},
    signal.SIGFPE: {
        1: "FPE_INTDIV",
        2: "FPE_INTOVF",
        3: "FPE_FLTDIV",
        4: "FPE_FLTOVF",
        5: "FPE_FLTUND",
        6: "FPE_FLTRES",
        7: "FPE_FLTINV",
        8: "FPE_FLTSUB",
    },
    signal.SIGILL: {
        1: "ILL_ILLOPC",
        2: "ILL_ILLOPN",
        3: "ILL_ILLADR",
        4: "ILL_ILLTRP",
        5: "ILL_PRVOPC",
        6: "ILL_PRVREG",
        7: "ILL_COPROC",
        8: "ILL_BADSTK",
    },
}
_ANY_CODE: Final = {0: "SI_USER", 0x80: "SI_KERNEL", -1: "SI_QUEUE", -6: "SI_TKILL"}


def signal_name(number: int) -> str:
    """``SIGSEGV``; real-time signals as ``SIGRT34``."""
    try:
        return (
            signal.Signals(number)
            .name.replace("RTMIN", "RT34")
            .replace("RTMAX", "RT64")
        )
    except ValueError:
        return f"SIGRT{number}"


def code_name(number: int, code: int) -> str | None:
    """Name of ``si_code`` (``SEGV_MAPERR``), or None where there is none."""
    known = _CODES.get(signal.Signals(number), {}) if number in FAULTS else {}
    return known.get(code, _ANY_CODE.get(code))


def reason_of(
    status: int, *, uncaught_in_main: bool = False, out_of_memory: bool = False
) -> Reason:
    """What a wait status means.

    Args:
        uncaught_in_main: The client told of an exception in the main thread that
            nothing caught.
        out_of_memory: The kernel killed for want of memory in the meantime.
    """
    if os.WIFSIGNALED(status):
        return _reason_of_signal(os.WTERMSIG(status), out_of_memory=out_of_memory)
    code = os.WEXITSTATUS(status)
    if code == 0:
        return Reason(kind=Outcome.EXIT_CLEAN, exit_code=0)
    kind = Outcome.UNCAUGHT_MAIN if uncaught_in_main else Outcome.EXIT_NONZERO
    return Reason(kind=kind, exit_code=code)


def _reason_of_signal(number: int, *, out_of_memory: bool) -> Reason:
    name = signal_name(number)
    if number == signal.SIGKILL:
        kind = Outcome.OUT_OF_MEMORY if out_of_memory else Outcome.KILLED
    elif number in FAULTS - _ON_PURPOSE:
        kind = Outcome.SIGNAL
    else:
        kind = Outcome.TERMINATED
    return Reason(kind=kind, signal=name)


def sentence(reason: Reason, program: str, exception: str = "") -> str:
    """One line that tells the person what happened; it begins with ``program``.

    Args:
        reason: The outcome.
        program: Its base name.
        exception: The type that was raised, where one was.
    """
    detail = exception or reason.signal or f"exit status {reason.exit_code}"
    return FATES[reason.kind].sentence.format(program=program, detail=detail)
