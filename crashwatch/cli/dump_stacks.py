"""Stacks of a minidump: unwound here, joined with the Python stacks inside it.

Modules are looked for on this machine. A path that the sanitizer cut to ``<home>/…`` is
looked for in the home of whoever asks; the build id tells whether it is the same file.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crashwatch.frame_text import frame_place
from crashwatch.supervisor.module_files import ModuleFiles
from reports.backtrace import PRIVATE, UNKNOWN, Frame, Thread
from reports.errors import MinidumpError
from reports.joined_stack import joined
from reports.minidump.describe import visible
from reports.minidump.ingest import snapshot_from
from reports.minidump.inspection import CallRow, StackRow
from reports.unwinding.native_stacks import native_stacks
from reports.unwinding.unwind import Trust

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.minidump.reader import Minidump
    from reports.snapshot import Module, ProcessSnapshot
    from reports.unwinding.native_stacks import NativeFrame

_HOME = "<home>/"


def stacks_of(minidump: Minidump) -> tuple[StackRow, ...]:
    """The stack of each thread, the crashed one first; none where they are unreadable.

    Only dumps of Linux processes are unwound; of others, Python's stacks are shown.
    """
    python = _python(minidump)
    try:
        snapshot = snapshot_from(minidump)
    except MinidumpError:
        return tuple(_row(thread) for thread in python)
    native = _native(snapshot)
    crashed = None if snapshot.signal is None else snapshot.signal.tid
    named = {thread.tid: thread.name for thread in snapshot.threads}
    known = {thread.tid: thread for thread in python if thread.tid is not None}
    threads = [
        msgspec.structs.replace(
            known.get(tid, Thread(named.get(tid, ""), tid == crashed, (), tid)),
            native=frames,
        )
        for tid, frames in native.items()
    ]
    threads += [thread for thread in python if thread.tid not in native]
    threads.sort(key=lambda thread: not thread.crashed)
    return tuple(_row(thread) for thread in threads)


def _python(minidump: Minidump) -> list[Thread]:
    try:
        return msgspec.json.decode(minidump.python_stacks or b"[]", type=list[Thread])
    except (MinidumpError, msgspec.DecodeError):
        return []


def _native(snapshot: ProcessSnapshot) -> dict[int, tuple[Frame, ...]]:
    here = tuple(replace(m, path=_path_here(m.path)) for m in snapshot.modules)
    with ModuleFiles() as files:
        stacks = native_stacks(snapshot, files, modules=here)
    return {
        tid: tuple(_frames(frames, snapshot.modules))
        for tid, frames in stacks.threads.items()
    }


def _path_here(path: str) -> str:
    if path.startswith(_HOME):
        return str(Path.home() / path.removeprefix(_HOME))
    return path


def _frames(
    frames: tuple[NativeFrame, ...], modules: tuple[Module, ...]
) -> Iterator[Frame]:
    for frame in frames:
        guessed = frame.trust in {Trust.SCAN, Trust.FRAME_POINTER}
        if frame.module is None:
            yield Frame(UNKNOWN, hex(frame.address), guessed=guessed)
            continue
        name = modules[frame.module].path.rpartition("/")[2]
        yield Frame(
            frame.name or UNKNOWN,
            f"<module>/{name}",
            module=name or PRIVATE,
            address=frame.offset,
            guessed=guessed,
        )


def _row(thread: Thread) -> StackRow:
    calls = (
        CallRow(visible(frame.function), visible(frame_place(frame)))
        for frame in joined(thread)
    )
    return StackRow(thread.tid or 0, visible(thread.name), thread.crashed, tuple(calls))
