"""The door in front of the application: nothing behind it sees a refused request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crashwatch.transparency.doors import HEADERS, Asked, Keys, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Guard:
    """Refuse, or let through and add the headers that every answer carries."""

    def __init__(
        self,
        inner: ASGIApp,
        origin: str,
        keys: Keys,
        asked: Callable[[Mapping[str, str], str], None],
        refused: Callable[[int, str], Response],
    ) -> None:
        """Guard ``inner``; ``asked`` hears of what was let in."""
        self._inner = inner
        self._origin = origin
        self._keys = keys
        self._asked = asked
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection; only HTTP and the server's own start and stop exist."""
        if scope["type"] == "lifespan":
            await self._inner(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        headers = _headers(scope)
        asked = Asked(scope["method"], scope["path"], headers)
        why = refusal(asked, self._origin, self._keys)
        if why is None:
            self._asked(headers, asked.path)
            await self._inner(scope, receive, _with_headers(send))
        else:
            answer = self._refused(why.status, why.why)
            await answer(scope, receive, _with_headers(send))


def _headers(scope: Scope) -> dict[str, str]:
    """By name; of one that is there twice nothing is believed."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        found[key] = "" if key in found else value.decode("latin-1")
    return found


def _with_headers(send: Send) -> Send:
    ours = [(name.encode(), value.encode()) for name, value in HEADERS.items()]

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *ours]}
        await send(message)

    return sending
