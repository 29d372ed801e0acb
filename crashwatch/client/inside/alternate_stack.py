"""Room for many signals at once on the alternate stack that faulthandler sets up.

CPython lets its own signal handlers run on the alternate stack where there is one.
faulthandler sets one up, large enough for four or five frames: a program with that
many handlers dies when that many signals wait at the same moment (after a stop, say),
with ``-X faulthandler`` as with us. Programs that did not ask for faulthandler must not
die of ours, so the main thread gets a stack of 256 KiB instead, of which only what is
used ever becomes memory.

There is no other way to sigaltstack(2) from the standard library than ``_ctypes``, the
extension below ctypes (300 KB; ctypes itself would be three times that). Without it the
small stack stays.
"""

import sys

SIZE = 256 * 1024


def enlarge() -> bool:
    """Give the calling thread the larger stack; False where that cannot be done.

    The block is never freed: a fault during the interpreter's shutdown needs it too.
    """
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
