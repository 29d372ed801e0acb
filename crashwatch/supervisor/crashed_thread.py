"""Find the crashed thread among the stacks that py-spy gave. Pure.

Up to Python 3.10 a thread's state holds no number of the kernel's, and py-spy knows it
only where it may stop the process itself. There the thread is told by its stack, which
faulthandler wrote too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.evidence import RawThread


def crashed_first(
    threads: Sequence[RawThread],
    written: Sequence[RawThread],
    tid: int,
    *,
    is_main: bool,
) -> tuple[RawThread, ...]:
    """The threads, the crashed one marked and in front.

    Args:
        threads: What py-spy gave; empty where it gave nothing.
        written: What faulthandler wrote, the crashed one marked.
        tid: The kernel's number of the crashed thread.
        is_main: Whether that is the process's first thread.
    """
    if not threads:
        return _in_front(written, next((t for t in written if t.crashed), None))
    crashed = next((thread for thread in threads if thread.tid == tid), None)
    if crashed is None:
        crashed = _same_stack(threads, written)
    front = _in_front(threads, crashed)
    if crashed is not None and is_main and not front[0].name:
        front = (replace(front[0], name="MainThread"), *front[1:])
    return front


def _in_front(
    threads: Sequence[RawThread], crashed: RawThread | None
) -> tuple[RawThread, ...]:
    if crashed is None:
        return tuple(threads)
    others = (thread for thread in threads if thread is not crashed)
    return (replace(crashed, crashed=True), *others)


def _same_stack(
    threads: Sequence[RawThread], written: Sequence[RawThread]
) -> RawThread | None:
    wanted = [_places(thread) for thread in written if thread.crashed]
    unknown = (thread for thread in threads if thread.tid is None)
    return next((t for t in unknown if _places(t) in wanted), None)


def _places(thread: RawThread) -> list[tuple[str, int | None]]:
    """Names and lines; faulthandler escapes and cuts the files' names."""
    return [(frame.function, frame.line) for frame in thread.frames]
