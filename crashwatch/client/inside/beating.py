# Signs of life in the run's shared page: heartbeats, and when it was ready.

import _signal  # type: ignore[import-not-found] # typeshed has none
import time

from . import look_at_the_hold, take_token
from .mapping import map_shared
from .passing_on import pass_on
from .run_page import HANDLER_REPLACED, HEARTBEATS, MAGIC, READY_AT

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the terminal a megabyte
    from typing import Any

_BEATS, _READY, _REPLACED = HEARTBEATS >> 3, READY_AT >> 3, HANDLER_REPLACED >> 3
_SIGSEGV = 11

_getsignal = _signal.getsignal
_usual: "Any" = None if callable(_getsignal(_SIGSEGV)) else _getsignal(_SIGSEGV)
_words: "Any" = None
_counting: "Any" = None


def start(page: "tuple[int, int]", counting: "Any") -> None:
    # Map the page.
    #
    # Args:
    #     page: Its descriptor and inode.
    #     counting: The module of that name, which must hear of a new day now and then.
    global _words, _counting  # noqa: PLW0603 -- one process, one client
    mapped = map_shared(*page, writable=True)
    if mapped[:8] == MAGIC:
        _words = memoryview(mapped).cast("Q")
        _counting = counting


def stop() -> None:
    # Give no more signs, in a forked child: the page is the parent's.
    global _words  # noqa: PLW0603
    _words = None


def heartbeat() -> None:
    # Say that the terminal still turns, once a frame or oftener.
    try:
        _words[_BEATS] = beats = _words[_BEATS] + 1
        if _getsignal(_SIGSEGV) is not _usual:
            # A Python handler returns to the faulting instruction, for ever.
            _words[_REPLACED] = int(callable(_getsignal(_SIGSEGV)))
        if beats & 63 == 1:
            if beats == 1:
                take_token()
            _counting.look_at_the_day()
            look_at_the_hold()
    except Exception as error:
        pass_on(error)


def ready() -> None:
    # Say that the terminal can be used now. The first time counts.
    try:
        if not _words[_READY]:
            _words[_READY] = time.monotonic_ns()
    except Exception as error:
        pass_on(error)


for _call in (heartbeat, ready):
    _call.__module__ = "crashwatch.client"  # where a pickled one is looked for
