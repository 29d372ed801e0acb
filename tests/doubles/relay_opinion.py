"""A second opinion on what leaves: the rules of Sentry's own Relay (``sentry-relay``).

Relay skips every field of an event that it holds for technical, so each string and key
is put where it looks. One rule at a time: some blank a whole value and hide what others
would have found. Left out are ``@password``, which blanks any text with "token" in it,
and ``@uuid`` and ``@imei``, which take any number of that length.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import re
from importlib.util import find_spec
from typing import TYPE_CHECKING
from uuid import UUID

import zstandard

from reports.envelope import parse_envelope
from reports.errors import StorageError
from tests.doubles.requirement import require
from tests.doubles.stored_bytes import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RULES = (
    "@email",
    "@ip",
    "@mac",
    "@userpath",
    "@urlauth",
    "@creditcard",
    "@iban",
    "@usssn",
    "@pemkey",
)
# Fifteen or sixteen digits alone: every second address or size passes for a card.
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_MAYBE_ADDRESS = re.compile(r"(?<![\w:.])[0-9A-Fa-f:.]{7,}(?![\w:])")
_TEXT = re.compile(rb"[ -~]{8,}|(?:[ -~]\0){8,}")
_IDS = re.compile(rb"[0-9a-f]{32}")


def opinion(value: object) -> list[str]:
    """``rule: text`` for each text or key in a JSON value that Relay would scrub."""
    try:
        from sentry_relay.processing import pii_strip_event
    except ImportError:
        require(None, "sentry-relay is missing", "pip install sentry-relay")
        raise
    texts = sorted({text for text in _texts(value) if not _NUMBER.fullmatch(text)})
    found = []
    for rule in RULES:
        event = {"platform": "python", "extra": {"texts": texts}}
        config = {"applications": {"$string": [rule]}}
        after = pii_strip_event(config, event)["extra"]["texts"]
        changed = zip(texts, after, strict=True)
        found += [f"{rule}: {text}" for text, left in changed if text != left]
    return [each for each in found if not each.startswith("@ip") or _has_address(each)]


def _has_address(text: str) -> bool:
    """Whether there is one: Relay takes ``a::b`` of C++ and Rust for an address."""
    for word in _MAYBE_ADDRESS.findall(text):
        with contextlib.suppress(ValueError):
            ipaddress.ip_address(word.strip(":"))
            return True
    return False


def opinion_of_envelope(envelope: bytes) -> list[str]:
    """The same of an envelope: its event, and the texts in its attachment.

    Its own random number is left out: in one of some thousand its digits pass for a
    card's.
    """
    found = []
    parsed = parse_envelope(envelope)
    own = [f(parsed.event_id).encode() for f in (str, lambda i: str(UUID(i)))]
    for item in parsed.items:
        data = item.data.replace(own[0], b"").replace(own[1], b"")
        if item.type == "event":
            found += opinion(json.loads(data))
        else:
            found += opinion([_decoded(match) for match in _TEXT.findall(data)])
    return found


class Reader:
    """Reads every envelope once that lies in a home."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    def opinion_of_home(self, home: Path) -> list[str]:
        """What Relay would scrub of anything stored there.

        Nothing where ``sentry-relay`` is missing: the test of this module says so.
        """
        if find_spec("sentry_relay") is None:
            return []
        found: list[str] = []
        for path in home.glob("reports/*/*/envelope*"):
            try:
                data = plain(path)
            except (OSError, zstandard.ZstdError):  # damaged on purpose, or gone
                continue
            same = _IDS.sub(b"", data)
            if same not in self._seen:
                self._seen.add(same)
                found += _opinion_if_whole(data)
        return found


def _opinion_if_whole(data: bytes) -> list[str]:
    try:
        return opinion_of_envelope(data)
    except StorageError:  # damaged on purpose
        return []


def _decoded(text: bytes) -> str:
    return text.replace(b"\0", b"").decode("ascii")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value
