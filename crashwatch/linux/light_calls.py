"""The three system calls of the start path, without ctypes: signalfd and two prctls.

ctypes costs a start 5 ms, most of it for types that nobody here uses. What is below it,
``_ctypes``, can load a symbol and call it with integers and bytes.
"""

from __future__ import annotations

import os

_PR_SET_PDEATHSIG = 1
_PR_SET_PTRACER = 0x59616D61
_SFD_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC
_SIGSET_BYTES = 128


def _call(name: str, *arguments: int | bytes | None) -> int:
    raw = __import__("_ctypes")
    function = raw.dlsym(raw.dlopen(None, 2), name)
    return int(raw.call_function(function, arguments))


def open_signal_descriptor(signals: set[int]) -> int:
    """A signalfd of ``signals``, which must be blocked: non-blocking, close-on-exec.

    Raises:
        OSError: The kernel refused.
    """
    mask = 0
    for number in signals:
        mask |= 1 << (number - 1)
    # sigset_t is 1,024 bits wide in the C library.
    words = mask.to_bytes(_SIGSET_BYTES, "little")
    descriptor = _call("signalfd", -1, words, _SFD_FLAGS)
    if descriptor < 0:
        raise OSError("signalfd is refused")
    return descriptor


def die_with_parent(number: int) -> None:
    """Ask the kernel to send a signal to this process when its parent dies."""
    if _call("prctl", _PR_SET_PDEATHSIG, number, 0, 0, 0) < 0:
        raise OSError("prctl is refused")


def allow_tracing_by(pid: int) -> None:
    """Let ``pid`` and its descendants trace this process under Yama scope 1."""
    _call("prctl", _PR_SET_PTRACER, pid, 0, 0, 0)
