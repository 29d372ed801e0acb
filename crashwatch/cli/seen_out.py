"""The watch failed, not the program: stay as a launcher that wakes alone does.

Also where it failed after the program's end: that is remembered, and ours is like it.
"""

from __future__ import annotations

from crashwatch.cli import wake_alone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from crashwatch.supervisor.begin import Begun


def see_out(begun: Begun, error: BaseException) -> NoReturn:
    """See the program to its end, and end like it."""
    terminal = begun.terminal
    hold = -1 if terminal.hold is None else terminal.hold.fileno()
    wake_alone.see_out(
        error,
        terminal.pid,
        terminal.pidfd,
        hold,
        begun.signals,
        (begun.witness, begun.guard),
    )
