# One thread at a time, and never one that waits for ever.
#
# Whoever has the lock may be waiting for us: a signal handler in the middle of it joins
# the thread that we are. So there is an end to the waiting.

import _thread

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the terminal a megabyte
    from typing import Any

LOCK: "Any" = _thread.RLock()
PATIENCE = 1.0

_depth = 0
"""How many times its holder has the lock."""


def alone(function: "Any", *arguments: "Any") -> "Any":
    # Call a function under the lock.
    #
    # Raises:
    #     LookupError: It took longer than ``PATIENCE``, in seconds.
    global _depth  # noqa: PLW0603 -- only its holder does
    if is_mine() and not _depth:
        LOCK.release()  # a signal handler raised right behind the next line
    if not LOCK.acquire(timeout=PATIENCE):
        raise LookupError(function)
    try:
        _depth += 1
        return function(*arguments)
    finally:
        _depth -= 1
        LOCK.release()


def is_mine() -> bool:
    # Whether the calling thread has the lock.
    return bool(LOCK._is_owned())  # noqa: SLF001 -- as threading asks it


def renew() -> None:
    # In a forked child: another thread may have had it.
    global _depth  # noqa: PLW0603
    _depth = 0
    LOCK._at_fork_reinit()  # noqa: SLF001 -- as threading does it
