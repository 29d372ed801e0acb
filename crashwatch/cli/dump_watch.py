"""Wait for dumps that appear in a folder: each, once it is whole, once.

Crash handlers write a dump under another name and rename it, or write it in place. So
a file is taken when it was moved here or closed after writing; the kernel tells both
(inotify, through watchdog). What was there before is taken first.
"""

from __future__ import annotations

import queue
from pathlib import Path
from typing import TYPE_CHECKING

from watchdog.events import (
    FileClosedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIX = ".dmp"


class _Arrivals(FileSystemEventHandler):
    def __init__(self, found: queue.Queue[Path]) -> None:
        self._found = found

    def on_any_event(  # type: ignore[explicit-override] # typing.override is 3.12
        self, event: FileSystemEvent
    ) -> None:
        """Note a file that is whole."""
        if isinstance(event, FileMovedEvent):
            self._take(event.dest_path)
        elif isinstance(event, FileClosedEvent):
            self._take(event.src_path)

    def _take(self, name: bytes | str) -> None:
        path = Path(name.decode() if isinstance(name, bytes) else name)
        if path.suffix == SUFFIX:
            self._found.put(path)


def dumps_in(folder: Path) -> Iterator[Path]:
    """Name each dump in ``folder``, now and as they come; ends when interrupted.

    The watch begins before the folder is listed, so none is missed between; one seen
    twice is named once, unless it has changed since.
    """
    found: queue.Queue[Path] = queue.Queue()
    observer = Observer()
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
