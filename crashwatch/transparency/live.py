"""Tell open pages that something changed: the home's folders watched, once for all.

Watchdog calls from a thread of its own; pages are served in an event loop. Changes that
come in a burst, as one capture makes them, are told once.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

_QUIET_SECONDS: Final = 0.15
_LOOK_SECONDS: Final = 1.0
_BEAT_SECONDS: Final = 15.0
_CHANGES: Final[list[type[FileSystemEvent]]] = [
    *(DirCreatedEvent, DirDeletedEvent, DirMovedEvent),
    *(FileClosedEvent, FileCreatedEvent, FileDeletedEvent, FileModifiedEvent),
    FileMovedEvent,
]
"""Not that something was opened: reading a thousand reports would fill the queue."""

_SILENT: Final = frozenset({".lock", "flags"})
"""Touched at every look of somebody; what they guard shows itself."""


class Live:
    """The number of changes seen so far, for whoever waits for the next.

    Made and used in the event loop; ``close`` ends every wait.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Condition()
        self._observer = Observer()
        self._tasks = [self._loop.create_task(self._begin())]
        self._burst: asyncio.TimerHandle | None = None
        self.version = 0
        self.closed = False

    def touched(self, name: str) -> None:
        """Something of this name changed; may be called from any thread."""
        if name not in _SILENT:
            with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits
                self._loop.call_soon_threadsafe(self._later)

    async def changes(self) -> AsyncIterator[str]:
        """Server-sent events: one for each change, and a comment now and then.

        https://html.spec.whatwg.org/multipage/server-sent-events.html
        """
        seen = self.version
        yield f"retry: 2000\nevent: ready\ndata: {seen}\n\n"
        while not self.closed:
            if await self._wait(seen):
                seen = self.version
                yield f"event: change\ndata: {seen}\n\n"
            else:
                yield ": still here\n\n"
        yield "event: end\ndata: 0\n\n"

    async def close(self) -> None:
        """Stop watching, and end every stream."""
        self.closed = True
        for task in self._tasks:
            task.cancel()
        if self._observer.is_alive():
            self._observer.stop()
            await asyncio.to_thread(self._observer.join)
        async with self._changed:
            self._changed.notify_all()

    async def _begin(self) -> None:
        """Watch from the moment on that there is something to watch."""
        missing = not self._root.is_dir()
        while not self._root.is_dir():  # noqa: ASYNC110 -- see below
            # Nothing of ours can tell that another process made a folder.
            await asyncio.sleep(_LOOK_SECONDS)
        self._observer.schedule(
            _Handler(self), str(self._root), recursive=True, event_filter=_CHANGES
        )
        await asyncio.to_thread(self._observer.start)
        if missing:
            self._later()

    def _later(self) -> None:
        if self._burst is None:
            self._burst = self._loop.call_later(_QUIET_SECONDS, self._tell)

    def _tell(self) -> None:
        self._burst = None
        self.version += 1
        self._tasks.append(self._loop.create_task(self._notify()))
        self._tasks = [task for task in self._tasks if not task.done()]

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _wait(self, seen: int) -> bool:
        """Whether there was a change before the next beat was due."""
        async with self._changed:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(
                    self._changed.wait_for(lambda: self.closed or self.version > seen),
                    _BEAT_SECONDS,
                )
        return self.version > seen


class _Handler(FileSystemEventHandler):
    def __init__(self, live: Live) -> None:
        self._live = live

    def on_any_event(  # type: ignore[explicit-override] # typing.override is 3.12
        self, event: FileSystemEvent
    ) -> None:
        """Pass its name on."""
        self._live.touched(str(event.src_path).rpartition("/")[2])
