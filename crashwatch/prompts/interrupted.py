"""A signal that asks us to end ends the question, which is no answer.

While a program is watched such signals are blocked, to be passed on to it. It is gone
when the person is asked, and whoever sends one now means us.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, NoReturn

from crashwatch.prompts.question import Answer, Reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_NUMBERS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)


def unless_interrupted(ask: Callable[[], Reply]) -> Reply:
    """What ``ask`` answers, or that a signal ended it; to be called by the main thread.

    Within ``ask`` a signal raises KeyboardInterrupt with the signal's name, once. One
    that is ignored stays ignored. Mask and handlers are as before afterwards.
    """
    numbers = [n for n in _NUMBERS if signal.getsignal(n) is not signal.SIG_IGN]
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    before = [(number, signal.signal(number, _interrupt)) for number in numbers]
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)
        return ask()
    except KeyboardInterrupt as end:
        return Reply(Answer.UNANSWERED, str(end) or "interrupted")
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
        for number, handler in before:
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    # A second one must not break off what puts the terminal right.
    signal.pthread_sigmask(signal.SIG_BLOCK, _NUMBERS)
    raise KeyboardInterrupt(signal.Signals(number).name)
