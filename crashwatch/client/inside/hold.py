# faulthandler on the hold socket, and what the program itself asked of faulthandler.
#
# faulthandler is one global per process and the last ``enable`` wins. Programs (pytest,
# ``PYTHONFAULTHANDLER=1``) enable it themselves, so its functions are wrapped: the
# program's wish is validated by the real function, remembered and told to the
# supervisor, which writes the traceback to the place the program chose; the handler
# itself stays on the hold socket.
#
# All threads are dumped only where the program asked for it. Each piece that
# faulthandler writes may wait for a whole send time-out when the supervisor is stopped,
# and thirty threads would make a minute of it; the supervisor reads the other threads
# from outside.

import _io
import faulthandler

from . import tell
from .alternate_stack import enlarge_when_needed, leave

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the terminal a megabyte
    from typing import Any

_MISSING: "Any" = object()

_real_enable = faulthandler.enable
_real_disable = faulthandler.disable
_real_is_enabled = faulthandler.is_enabled

_hold = -1
_wish: tuple[int, bool] | None = None
_keep_open: "Any" = None


def install(hold: int) -> None:
    # Point faulthandler at ``hold`` and wrap its functions.
    global _hold, _wish  # noqa: PLW0603 -- faulthandler itself is global
    _hold = hold
    if _real_is_enabled():
        _wish = (2, True)  # -X faulthandler: stderr, all threads
    # faulthandler keeps 60 KB for a stack that hardly anything is ever written to. It
    # must not lie in memory that was used before and would be used again: that is held
    # meanwhile, by a piece that is not so large as to be mapped by itself (128 KB).
    held = _io.BufferedReader(_io.BytesIO(), 120_000)
    _enable_hold()
    del held
    enlarge_when_needed()
    for wrapper in (enable, disable, is_enabled):
        wrapper.__module__ = "faulthandler"
        wrapper.__qualname__ = wrapper.__name__
        wrapper.__doc__ = getattr(faulthandler, wrapper.__name__).__doc__
        setattr(faulthandler, wrapper.__name__, wrapper)


def move(hold: int) -> None:
    # Point faulthandler at another hold: in a forked child, which has its own.
    global _hold  # noqa: PLW0603
    _hold = hold
    _enable_hold()


def uninstall() -> None:
    # Give faulthandler back to the program, as the program had wished it.
    _real_disable()
    leave()
    for real in (_real_enable, _real_disable, _real_is_enabled):
        setattr(faulthandler, real.__name__, real)
    if _wish is not None:
        descriptor, all_threads = _wish
        _real_enable(descriptor, all_threads)


def _enable_hold() -> None:
    all_threads = _wish is not None and _wish[1]
    _real_enable(_hold, all_threads)
    told = ["-", "0"] if _wish is None else [str(_wish[0]), str(int(_wish[1]))]
    tell([["fault", *told]])


def enable(file: "Any" = _MISSING, all_threads: bool = True, **more: "Any") -> None:  # noqa: FBT001, FBT002 -- the real signature
    global _wish, _keep_open  # noqa: PLW0603
    if file is _MISSING:
        _real_enable(all_threads=all_threads, **more)
        import sys  # noqa: PLC0415

        file = sys.stderr
    else:
        _real_enable(file, all_threads, **more)
    try:
        descriptor = file if isinstance(file, int) else file.fileno()
        _keep_open = file
        _wish = (descriptor, bool(all_threads))
        _enable_hold()
    except Exception:
        _wish = None


def disable() -> bool:
    global _wish, _keep_open  # noqa: PLW0603
    was_enabled = _wish is not None
    _wish = _keep_open = None
    _enable_hold()
    return was_enabled


def is_enabled() -> bool:
    return _wish is not None
