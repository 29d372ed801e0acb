"""Wall 1 for names: a name is told when it has a known form, else left out. Pure."""

from __future__ import annotations

import builtins
import re

from reports.backtrace import PRIVATE

_FUNCTION = re.compile(r"\A[\w.<>]{1,256}\Z")
_CLASS = re.compile(r"\A[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*\Z")
_VERSION = re.compile(r"\A[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}\Z")
_PROGRAM = re.compile(r"\A[\w.+-]{1,64}\Z", re.ASCII)

_THREADS = re.compile(
    r"\A(?:MainThread|(?:Thread|Dummy)-\d{1,6}|asyncio_\d{1,4}|QueueFeederThread"
    r"|QueueManagerThread|ThreadPoolExecutor-\d{1,4}_\d{1,4}|ExecutorManagerThread)\Z"
)
_THREAD_WITH_TARGET = re.compile(r"\A(Thread-\d{1,6}) \([^()]*\)\Z")

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
    " frames tid function file line module address type thread cause status uptime"
    " resident_bytes peak_resident_bytes cpu_user cpu_system thread_count machine"
    " implementation python method sources soft_errors seconds rule place count"
    # Keys and fixed values of the event.
    " event_id timestamp platform level tags contexts sdk version values mechanism"
    " handled stacktrace thread_id current filename in_app lineno package"
    " instruction_addr outcome os device arch runtime uptime_seconds cpu_user_seconds"
    " cpu_system_seconds crashwatch fatal error false true null"
    # Headers of the envelope, and the names inside a minidump.
    " event content_type application/json length attachment attachment_type"
    " event.minidump minidump.dmp application/octet-stream report_id"
    # Words that stand as values: roots, places, rules, names CPython gives.
    " <stdlib> <site-packages> <app> <frozen> <built-in> <module> <private>"
    " soft errors private code thread name exception message scrubber failure"
    " MainThread Thread-1 SIGSEGV SIGABRT SIGBUS SIGFPE SIGILL"
)
"""What reports hold whoever sends them: finding it there says nothing of a person."""


def function_name(name: str) -> str:
    """A function of code under a known root, or ``<private>``."""
    return name if _FUNCTION.match(name) else PRIVATE


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


def thread_name(name: str) -> str:
    """A thread's name where CPython itself gave it, else empty.

    ``Thread-7 (poll_mail)`` names a function of anybody's code: the number stays.
    """
    with_target = _THREAD_WITH_TARGET.match(name)
    if with_target is not None:
        return with_target[1]
    return name if _THREADS.match(name) else ""


def version(text: str) -> str:
    """A version number, or empty."""
    return text if _VERSION.match(text) else ""


def program_name(path: str) -> str:
    """The base name of a program, or ``<private>``."""
    name = path.rstrip("/").rpartition("/")[2]
    return name if _PROGRAM.match(name) else PRIVATE
