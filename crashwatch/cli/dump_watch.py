"""Wait for dumps that appear in a folder: each, once it is whole, once.

Crash handlers write a dump under another name or in another folder and rename it, as
Crashpad does, or write it in place. So a file is taken when it was moved or linked
here or closed after writing; the kernel tells each (inotify, through watchdog). What
was there before is taken first.
"""

from __future__ import annotations

import os
import queue
from pathlib import Path
from typing import TYPE_CHECKING

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.inotify import InotifyObserver

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIX = ".dmp"


class _Arrivals(FileSystemEventHandler):
    def __init__(self, found: queue.Queue[Path]) -> None:
        self._found = found

    def on_any_event(  # type: ignore[explicit-override] # typing.override is 3.12
        self, event: FileSystemEvent
    ) -> None:
        """Note a file that is whole, and those in a folder that was moved here."""
        if isinstance(event, FileMovedEvent):
            self._take(_path(event.dest_path))
        elif isinstance(event, FileClosedEvent):
            self._take(_path(event.src_path))
        elif isinstance(event, FileCreatedEvent):
            # One that is being written will be closed; a hard link will not.
            path = _path(event.src_path)
            if _has_another_name(path):
                self._take(path)
        elif isinstance(event, DirMovedEvent | DirCreatedEvent):
            moved = isinstance(event, DirMovedEvent)
            folder = _path(event.dest_path if moved else event.src_path)
            for path in sorted(folder.rglob(f"*{SUFFIX}")):
                self._take(path)

    def _take(self, path: Path) -> None:
        if path.suffix == SUFFIX:
            self._found.put(path)


def _path(name: bytes | str) -> Path:
    return Path(os.fsdecode(name))


def _has_another_name(path: Path) -> bool:
    try:
        return path.stat().st_nlink > 1
    except OSError:
        return False


def dumps_in(folder: Path) -> Iterator[Path]:
    """Name each dump in ``folder``, now and as they come; ends when interrupted.

    The watch begins before the folder is listed, so none is missed between; one seen
    twice is named once, unless it has changed since.
    """
    found: queue.Queue[Path] = queue.Queue()
    # Full events: a file moved here from an unwatched folder is a move as well.
    observer = InotifyObserver(generate_full_events=True)
    observer.schedule(_Arrivals(found), str(folder), recursive=True)
    observer.start()
    seen: dict[Path, tuple[int, int]] = {}
    try:
        for path in sorted(folder.rglob(f"*{SUFFIX}")):
            found.put(path)
        while True:
            path = found.get()
            mark = _mark(path)
            if mark is not None and seen.get(path) != mark:
                seen[path] = mark
                yield path
    finally:
        observer.stop()
        observer.join()


def _mark(path: Path) -> tuple[int, int] | None:
    """What tells one content of a file from the next; None when it is gone."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_ino, facts.st_mtime_ns
