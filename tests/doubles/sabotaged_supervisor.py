"""``crashwatch`` in which one function fails: kills its process, or raises an errno.

Where a supervisor fails cannot be told from outside, so its own process is started by
this file, which puts the failure in the function's place and then is ``crashwatch``.
Behaviours: ``SIGSEGV`` (a true fault), ``SIGKILL``, ``short`` (the first half of what
the function returns), the name of an errno, or that of a built-in exception.
"""

import builtins
import ctypes
import errno
import importlib
import os
import resource
import signal
import sys


def sabotaged(function: str, behaviour: str, *arguments: str) -> list[str]:
    """The command of ``crashwatch ARGUMENTS`` whose ``function`` behaves so.

    The function is named in full: ``package.module.Class.method``. A process that is to
    be killed may leave a core, and prints ``reached`` first.
    """
    return [sys.executable, __file__, function, behaviour, *arguments]


def _owner_of(function):
    parts = function.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            owner = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:-1]:
            owner = getattr(owner, part)
        return owner, parts[-1]
    raise ModuleNotFoundError(function)


def _failure(behaviour, original):
    def die(*_arguments, **_options):
        print("reached", flush=True)
        if behaviour == "SIGSEGV":
            ctypes.string_at(0)
        os.kill(os.getpid(), signal.SIGKILL)

    def cut(*arguments, **options):
        answer = original(*arguments, **options)
        return answer[: len(answer) // 2]

    def fail(*_arguments, **_options):
        if hasattr(builtins, behaviour):
            raise getattr(builtins, behaviour)("sabotage")
        number = getattr(errno, behaviour)
        raise OSError(number, os.strerror(number))

    return {"SIGSEGV": die, "SIGKILL": die, "short": cut}.get(behaviour, fail)


def _main():
    function, behaviour, *arguments = sys.argv[1:]
    if behaviour.startswith("SIG"):
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    owner, name = _owner_of(function)
    setattr(owner, name, _failure(behaviour, getattr(owner, name)))
    sys.argv[1:] = arguments
    sys.exit(importlib.import_module("crashwatch.__main__").main())


if __name__ == "__main__":
    _main()
