"""Native stacks of a process that is gone, joined to its threads by their numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crashwatch.supervisor.module_files import ModuleFiles
from reports.evidence import RawNativeFrame, RawThread
from reports.unwinding.native_stacks import native_stacks
from reports.unwinding.unwind import Trust

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reports.snapshot import Module, ProcessSnapshot
    from reports.unwinding.native_stacks import NativeFrame, UnwindingLimits

_GUESSES = frozenset({Trust.FRAME_POINTER, Trust.SCAN})


def with_numbers(
    threads: Iterable[RawThread], snapshot: ProcessSnapshot | None
) -> tuple[RawThread, ...]:
    """The threads, each with the kernel's number where that can be known.

    Up to Python 3.10 a thread's state holds the thread library's number only, which on
    AMD64 is the address in the thread's ``fs`` register.
    """
    known = {
        thread.registers.general.get("fs_base"): thread.tid
        for thread in (() if snapshot is None else snapshot.threads)
    }
    return tuple(
        replace(thread, tid=known.get(thread.pointer)) if thread.tid is None else thread
        for thread in threads
    )


def with_native_stacks(
    threads: Sequence[RawThread],
    picture: ProcessSnapshot,
    real: Sequence[Module],
    errors: list[str],
    limits: UnwindingLimits | None = None,
) -> tuple[RawThread, ...]:
    """The threads with their native stacks, and those that run no Python after them.

    Args:
        threads: Python's, the crashed one marked.
        picture: Sanitized.
        real: The picture's modules with their real paths.
        errors: Is added to when not all could be unwound.
        limits: How far to go.
    """
    with ModuleFiles() as files:
        stacks = native_stacks(picture, files, modules=real, limits=limits)
    if not stacks.in_time:
        errors.append("native stacks: not all in time")
    native = {
        tid: tuple(_raw(frame, picture.modules, real) for frame in frames)
        for tid, frames in stacks.threads.items()
    }
    crashed = None if picture.signal is None else picture.signal.tid
    numbered = [
        replace(thread, tid=crashed)
        if thread.crashed and thread.tid is None
        else thread
        for thread in threads
    ]
    whole = [*_joined(numbered, native), *_others(numbered, native, crashed)]
    return tuple(sorted(whole, key=lambda thread: not thread.crashed))


def _joined(
    threads: Sequence[RawThread], native: Mapping[int, tuple[RawNativeFrame, ...]]
) -> list[RawThread]:
    return [
        replace(thread, native=native.get(thread.tid, ()))
        if thread.tid is not None
        else thread
        for thread in threads
    ]


def _others(
    threads: Sequence[RawThread],
    native: Mapping[int, tuple[RawNativeFrame, ...]],
    crashed: int | None,
) -> list[RawThread]:
    """Threads that Python does not know; without numbers nobody can tell which."""
    known = {thread.tid for thread in threads}
    if None in known:
        return []
    return [
        RawThread("", crashed=tid == crashed, frames=(), tid=tid, native=frames)
        for tid, frames in native.items()
        if tid not in known
    ]


def _raw(
    frame: NativeFrame, shown: Sequence[Module], real: Sequence[Module]
) -> RawNativeFrame:
    guessed = frame.trust in _GUESSES
    if frame.module is None:
        return RawNativeFrame("", "", "", None, guessed)
    return RawNativeFrame(
        frame.name,
        real[frame.module].path,
        shown[frame.module].path,
        frame.offset,
        guessed,
    )
