"""Who may come in: decided from a request's few words. Pure.

A port on the loopback device is open to every user and every web page of this
machine. So: a secret in the first URL, good for one visit, becomes a cookie; the
``Host`` must be the very address (no name that somebody's server resolves to it); a
foreign ``Origin`` or ``Sec-Fetch-Site`` is turned away; and each change carries a token
that only our pages know.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Mapping

COOKIE = "crashwatch"
ENTRANCE, OPEN_TO_ALL = "/enter", "/static/"

_OWN_SITES = frozenset({"same-origin", "none"})
_READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets of one page, each 256 random bits.

    Attributes:
        ticket: In the first URL.
        cookie: What the browser keeps.
        token: In each form.
    """

    ticket: str = field(repr=False)
    cookie: str = field(repr=False)
    token: str = field(repr=False)


def draw_keys() -> Keys:
    """Fresh secrets."""
    return Keys(*(secrets.token_urlsafe(32) for _ in range(3)))


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as far as the door looks at it; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody is turned away; said to whoever asked."""

    status: int
    why: str


def refusal(asked: Asked, origin: str, keys: Keys) -> Refusal | None:
    """Why this request is not answered; None: it is.

    Args:
        asked: The request.
        origin: Ours, ``http://127.1.2.3:4567``.
        keys: Ours.
    """
    if why := _foreign(asked, origin):
        return Refusal(403, why)
    if asked.method not in _READING | {"POST"}:
        return Refusal(405, "This page is read with GET and changed with POST.")
    if asked.method == "POST" and asked.headers.get("origin") != origin:
        return Refusal(403, "A change must come from this page itself.")
    if asked.method in _READING and _is_open(asked.path):
        return None
    if not same(_cookie(asked.headers.get("cookie", "")), keys.cookie):
        return Refusal(
            403,
            "This browser was not let in. Each address that `crashwatch view` prints "
            "is good for one visit; start it again for a new one.",
        )
    return None


def _foreign(asked: Asked, origin: str) -> str:
    if asked.headers.get("host") != origin.removeprefix("http://"):
        return "This is not the address of this page."
    if asked.headers.get("origin", origin) != origin:
        return "Another site asked for this page."
    # A link may lead to the entrance from anywhere: the ticket is what counts there.
    site = asked.headers.get("sec-fetch-site", "none")
    if site not in _OWN_SITES and asked.path != ENTRANCE:
        return "Another site asked for this page."
    return ""


def _is_open(path: str) -> bool:
    return path == ENTRANCE or path.startswith(OPEN_TO_ALL)


def same(given: str, ours: str) -> bool:
    """Compare secrets in a time that tells nothing."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), ours.encode())


def ticket_of(query: str) -> str:
    """The ticket in a query, or empty."""
    return dict(parse_qsl(query)).get("ticket", "")


def _cookie(header: str) -> str:
    """Ours of ``name=value; name=value``; our own value needs no quotes."""
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return next((value for name, _, value in pairs if name == COOKIE), "")


def cookie_header(keys: Keys) -> str:
    """What the browser is told to keep, until it is closed."""
    return f"{COOKIE}={keys.cookie}; HttpOnly; SameSite=Strict; Path=/"


HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    # Without a referrer a browser says "Origin: null", even to ourselves.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""On every answer."""
