"""Wall 1 for names: a name is told when it has a known form, else left out. Pure."""

from __future__ import annotations

import re

from reports.backtrace import PRIVATE

_FUNCTION = re.compile(r"\A[\w.<>]{1,256}\Z")
_CLASS = re.compile(r"\A[A-Za-z_]\w*(?:\.[A-Za-z_<][\w<>]*)*\Z")
_VERSION = re.compile(r"\A[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}\Z")
_PROGRAM = re.compile(r"\A[\w.+-]{1,64}\Z", re.ASCII)

_THREADS = re.compile(
    r"\A(?:MainThread|(?:Thread|Dummy)-\d{1,6}|asyncio_\d{1,4}|QueueFeederThread"
    r"|QueueManagerThread|ThreadPoolExecutor-\d{1,4}_\d{1,4}|ExecutorManagerThread)\Z"
)
_THREAD_WITH_TARGET = re.compile(r"\A(Thread-\d{1,6}) \([^()]*\)\Z")

_BUILTIN_MODULES = frozenset({"builtins", "exceptions"})


def function_name(name: str) -> str:
    """A function of code under a known root, or ``<private>``."""
    return name if _FUNCTION.match(name) else PRIVATE


def class_name(module: str, name: str, *, known: bool) -> str:
    """Dotted name of an exception class; ``builtins.`` is left out.

    Args:
        known: Whether the class comes from code under a known root.
    """
    if module in _BUILTIN_MODULES:
        full = name
    else:
        full = f"{module}.{name}"
        if not known:
            return PRIVATE
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
