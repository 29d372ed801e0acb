# Room for many signals at once on the alternate stack that faulthandler sets up.
#
# CPython lets its own signal handlers run on the alternate stack where there is one.
# faulthandler sets one up, large enough for four or five frames: a program with that
# many handlers dies when that many signals wait at the same moment (after a stop, say),
# with ``-X faulthandler`` as with us. Programs that did not ask for faulthandler must
# not die of ours, so the main thread of one that handles ``MANY`` signals gets a stack
# of 256 KiB instead, of which only what is used ever becomes memory.
#
# There is no other way to sigaltstack(2) from the standard library than ``_ctypes``,
# the extension below ctypes (300 KB; ctypes itself would be three times that). So it is
# loaded when the program asks for its ``MANY``-th handler, and not in one that never
# does. Without it the small stack stays.

import _signal  # type: ignore[import-not-found] # typeshed has none
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the terminal a megabyte
    from typing import Any

SIZE = 256 * 1024

MANY = 4
"""Handled signals from which on the small stack may not hold all of them."""

_real_signal = _signal.signal


def enlarge_when_needed() -> None:
    # Give the main thread the larger stack now, or with the handler that needs it.
    if _handled() >= MANY:
        enlarge()
    else:
        _watching.__name__ = _watching.__qualname__ = "signal"
        _watching.__doc__ = _real_signal.__doc__
        setattr(_signal, "signal", _watching)  # noqa: B010 -- not ours, says mypy


def leave() -> None:
    # Take the watching function back, as in a forked child.
    if _signal.signal is _watching:
        setattr(_signal, "signal", _real_signal)  # noqa: B010


def _watching(signalnum: "Any", handler: "Any", /) -> "Any":
    before = _real_signal(signalnum, handler)
    try:
        if callable(handler) and _handled() >= MANY:
            leave()
            enlarge()
    except Exception:
        pass
    return before


def _handled() -> int:
    return sum(callable(_signal.getsignal(number)) for number in range(1, _signal.NSIG))


def enlarge() -> bool:
    # Give the calling thread the larger stack; False where that cannot be done.
    #
    # The block is never freed: a fault during the interpreter's shutdown needs it too.
    try:
        return _enlarge()
    except Exception:
        return False


def _enlarge() -> bool:
    raw = __import__("_ctypes")
    byte = type("Byte", (raw._SimpleCData,), {"_type_": "c"})  # noqa: SLF001 -- what ctypes.c_char is
    block = type("Block", (raw.Array,), {"_type_": byte, "_length_": SIZE})()
    raw.Py_INCREF(block)
    # stack_t of <signal.h>, 64 bit: void *ss_sp; int ss_flags; size_t ss_size.
    stack = b"".join(
        number.to_bytes(8, sys.byteorder) for number in (raw.addressof(block), 0, SIZE)
    )
    function = raw.dlsym(raw.dlopen(None, 2), "sigaltstack")
    return bool(raw.call_function(function, (stack, None)) == 0)
