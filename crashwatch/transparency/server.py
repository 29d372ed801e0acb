"""Serve the page until nobody needs it."""

from __future__ import annotations

import asyncio
import contextlib
import time
import webbrowser
from typing import TYPE_CHECKING, Final

import uvicorn

from crashwatch.transparency.application import Site
from crashwatch.transparency.doors import ENTRANCE, draw_keys
from crashwatch.transparency.loopback import open_socket, origin_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crashwatch.transparency.desk import Desk
    from crashwatch.transparency.loopback import Socket

_LOOK_SECONDS: Final = 0.25
_GRACE_SECONDS: Final = 2


def serve(
    desk: Desk, *, idle_seconds: float, tell: Callable[[str], None], browse: bool
) -> str:
    """Serve one page to one browser; answers why it ended, in words.

    Args:
        desk: What to show, and where changes go.
        idle_seconds: It ends by itself when nobody asked for anything so long.
        tell: Called with the address, once it answers.
        browse: Whether to open a browser there.

    Raises:
        OSError: There is no loopback device.
    """
    with contextlib.closing(open_socket()) as listening:
        return asyncio.run(_serve(desk, listening, idle_seconds, tell, browse=browse))


async def _serve(
    desk: Desk,
    listening: Socket,
    idle_seconds: float,
    tell: Callable[[str], None],
    *,
    browse: bool,
) -> str:
    origin, keys = origin_of(listening), draw_keys()
    ended = asyncio.Event()
    site = Site(desk, origin, keys, ended.set)
    server = uvicorn.Server(_configuration(site))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started and not serving.done():  # noqa: ASYNC110 -- no event
        await asyncio.sleep(0.01)
    address = f"{origin}{ENTRANCE}?ticket={keys.ticket}"
    tell(address)
    if browse:
        await asyncio.to_thread(webbrowser.open, address)
    why = await _until_idle(site, ended, server, idle_seconds)
    site.end_streams()
    server.should_exit = True
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        await serving
    return why


async def _until_idle(
    site: Site, ended: asyncio.Event, server: uvicorn.Server, idle_seconds: float
) -> str:
    """Wait for a reason to end; uvicorn itself hears of Ctrl-C."""
    while not server.should_exit:
        if ended.is_set():
            return "ended from the page"
        if time.monotonic() - site.last_asked > idle_seconds:
            return "nobody looked at it for a while"
        await asyncio.sleep(_LOOK_SECONDS)
    return "interrupted"


def _configuration(site: Site) -> uvicorn.Config:
    """Quiet, without extras: what it answers is for one person."""
    return uvicorn.Config(
        site.application(),
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        lifespan="on",
        http="h11",
        ws="none",
        loop="asyncio",
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


def has_display(environment: Mapping[str, str]) -> bool:
    """Whether a browser with a window may be opened: never one inside the terminal."""
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
