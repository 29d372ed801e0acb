"""Wall 1 for names and numbers: told in a known form, else left out. Pure."""

from __future__ import annotations

import builtins
import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reports.backtrace import PRIVATE, UNKNOWN, is_declared_thread

if TYPE_CHECKING:
    from collections.abc import Collection

_FUNCTION = re.compile(r"\A[\w.<>]{1,256}\Z")
_CLASS = re.compile(r"\A[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*\Z")
_VERSION = re.compile(r"\A[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}\Z")
_SYMBOL = re.compile(r"\A[A-Za-z_.$][\w.$]{0,255}\Z", re.ASCII)
_PROGRAM = re.compile(r"\A[\w.+-]{1,64}\Z", re.ASCII)

LONGEST_MESSAGE = 400
_PATH = re.compile(r"\.{0,2}/|[\w.+-]+(?:/|\Z)", re.ASCII)
_HOMES = frozenset({"home", "homes", "users"})

_LONGEST_LINE = 200
_LAST_SECOND = 253_402_300_799  # of the year 9999
_SHORTEST_SEARCHED = 5  # the tripwire wants more than the value around shorter ones

_THREADS = re.compile(
    r"\A(?:MainThread|(?:Thread|Dummy)-\d{1,6}|asyncio_\d{1,4}|QueueFeederThread"
    r"|QueueManagerThread|ThreadPoolExecutor-\d{1,4}_\d{1,4}|ExecutorManagerThread)\Z",
    re.ASCII,
)
_THREAD_WITH_TARGET = re.compile(r"\A(Thread-\d{1,6}) \([^()]*\)\Z", re.ASCII)

_BUILTIN_MODULES = frozenset({"builtins", "exceptions"})
_BUILTIN_CLASSES = frozenset(dir(builtins)) | {
    "BaseExceptionGroup",
    "EncodingWarning",
    "ExceptionGroup",
    "PythonFinalizationError",
    "_IncompleteInputError",
}
"""Those of this Python and of later ones: a class that ``exec`` makes in an empty
namespace also says that its module is ``builtins``."""


OWN_TEXT = (
    # Fields of the report.
    "schema id created category program release reason threads exception process system"
    " capture removed minidump_bytes kind signal signal_code exit_code name crashed"
    " frames tid native function file line module address entry guessed type"
    " thread cause status uptime resident_bytes peak_resident_bytes cpu_user"
    " cpu_system thread_count machine implementation python method sources"
    " soft_errors seconds rule place count message notes group comment"
    # Keys and fixed values of the event.
    " event_id timestamp platform level tags contexts sdk version values mechanism"
    " handled stacktrace thread_id current filename in_app lineno package"
    " instruction_addr trust scan outcome os device arch value runtime"
    " uptime_seconds cpu_user_seconds cpu_system_seconds crashwatch fatal error false"
    " true null exception_id parent_id source is_exception_group __cause__ exceptions"
    " feedback"
    # A day's counts, and their event.
    " day metrics unit counts days_7 days_28 from usage performance features plugins"
    " counter histogram feature plugin logentry of a day fingerprint other info"
    # Headers of the envelope, and the names inside a minidump.
    " event content_type application/json length attachment attachment_type"
    " event.minidump minidump.dmp application/octet-stream report_id"
    " python_threads"
    # Words that stand as values: roots, places, rules, names CPython gives.
    " <stdlib> <site-packages> <app> <frozen> <built-in> <module> <private>"
    " <unknown>"
    " soft errors private code thread name exception message scrubber failure"
    " MainThread Thread-1 SIGSEGV SIGABRT SIGBUS SIGFPE SIGILL"
)
"""What reports hold whoever sends them: finding it there says nothing of a person."""


def function_name(name: str) -> str:
    """A function of code under a known root, or ``<private>``."""
    return name if _FUNCTION.match(name) else PRIVATE


def symbol_name(name: str) -> str:
    """A native function of a known module, or ``<unknown>``."""
    return name if _SYMBOL.match(name) else UNKNOWN


def class_name(module: str, name: str, *, known: bool) -> str:
    """Dotted name of an exception class; ``builtins.`` is left out.

    A builtin is told by its name, any other class only where its code is known.

    Args:
        known: Whether the class comes from code under a known root.
    """
    if module in _BUILTIN_MODULES:
        return name if name in _BUILTIN_CLASSES else PRIVATE
    if not known:
        return PRIVATE
    full = f"{module}.{name}"
    full = full.replace("<locals>.", "")
    return full if _CLASS.match(full) and len(full) <= 200 else PRIVATE


def thread_name(name: str, declared: Collection[str] = ()) -> str:
    """A thread's name where CPython itself gave it, or it is declared, else empty.

    ``Thread-7 (poll_mail)`` names a function of anybody's code: the number stays.
    """
    if is_declared_thread(name, declared):
        return name
    with_target = _THREAD_WITH_TARGET.match(name)
    if with_target is not None:
        return with_target[1]
    return name if _THREADS.match(name) else ""


def version(text: str) -> str:
    """A version number, or empty."""
    return text if _VERSION.match(text) else ""


def program_name(path: str) -> str:
    """The base name of a program, or ``<private>``.

    Private is what only ends like a path, and what lies beside homes: it is named
    after a person.
    """
    folder, _, name = path.rstrip("/").rpartition("/")
    beside_homes = folder.rpartition("/")[2].casefold() in _HOMES
    if beside_homes or not _PATH.match(path):
        return PRIVATE
    return name if _PROGRAM.match(name) else PRIVATE


def untold(value: str, told: str) -> tuple[str, ...]:
    """What is left to search for of a value, of which the tripwire takes each part."""
    parts = (value, *value.split(":"))
    if not any(_is_told(part, told) for part in parts):
        return (value,)
    return tuple(part for part in parts[1:] if part and not _is_told(part, told))


def _is_told(part: str, told: str) -> bool:
    text = part.strip().casefold()
    if len(text) < _SHORTEST_SEARCHED or "\n" in text:
        return False
    # A module's name stands with dots in a class and with slashes in a path.
    return text in told or re.sub(r"(?<=\w)\.(?=\w)", "/", text) in told


def moment(seconds: float) -> datetime:
    """A time, whole seconds; what cannot be one becomes the nearest that can."""
    known = 0.0 if math.isnan(seconds) else min(max(seconds, 0.0), _LAST_SECOND)
    return datetime.fromtimestamp(int(known), UTC)


def finite(number: float) -> float:
    """JSON has neither NaN nor infinity."""
    return number if math.isfinite(number) else 0.0


def within(number: int | None, limit: int) -> int | None:
    """The number, or None where it is negative or not below the limit."""
    return number if number is not None and 0 <= number < limit else None


def one_line(text: str, longest: int = _LONGEST_LINE) -> str:
    """A text as it may stand in one line of a terminal, cut where it is too long."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return shown[:longest]
