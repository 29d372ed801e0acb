"""Where a call is, in one word: file and line, or library and offset. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.backtrace import Frame


def frame_place(frame: Frame) -> str:
    """``<app>/main.py:12``, or ``libc.so.6+0x1a2b3``; a guess says so."""
    if frame.module and frame.address is not None:
        place = f"{frame.module}+{frame.address:#x}"
    else:
        place = frame.file + ("" if frame.line is None else f":{frame.line}")
    return place + (" (guessed)" if frame.guessed else "")
