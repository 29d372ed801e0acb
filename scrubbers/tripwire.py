"""The last wall: search finished bytes for everything that names this person.

Where the scrubbers replace, the tripwire refuses: a payload with a hit is withheld.
It therefore must neither miss a known value in any encoding nor cry at innocent
text, and asks for surroundings where a value is short or ordinary.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scrubbers.identity import as_identity
from scrubbers.needles import Needle, Strength, needles_of
from scrubbers.unwrapping import unwrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scrubbers.unwrapping import Unwrapped

_UNREADABLE = bytes({*range(256)} - {*range(32, 127), 0, 9, 10, 13})
_CONTINUATION = bytes(range(0x80, 0xC0))
_UNITS = {"utf-16-le": 2, "utf-32-le": 4}
_BEFORE = 48
_AFTER = 24
# How many hits of one needle in one reading are told; one is enough to refuse.
_MOST_HITS = 4

_BEGINS_WORD = re.compile(r"(?:^|[^A-Za-z0-9])$")
_ENDS_WORD = re.compile(r"(?:s?(?![A-Za-z0-9])|$)")
_HOME_BEFORE = re.compile(
    r"(?:[/\\](?:home|homes|users|media|mail|crontabs|linger|profiles|home\$)[/\\]+"
    r"|documents and settings[/\\]+|~|-of-|\d\()$",
    re.IGNORECASE,
)
# A component of an absolute path that is none of the system's own.
_PATH_BEFORE = re.compile(
    r"[\s\"'=:(\[,](?:[A-Za-z]:)?[/\\]{1,2}"
    r"(?!(?:usr|lib\w*|etc|opt|s?bin|proc|sys|dev|nix|snap|var|run|app)[/\\])"
    r"(?:[^\s\"'<>]{0,40}[/\\])?$"
)
_USER_KEY = re.compile(
    r"(?:^|[^a-z])(?:user|username|user[_-]name|login|logname|account|owner|author|uname"
    r"|sudo_user|full[_-]?name|gecos"
    r"|user id)[\"'\\]{0,4}\s{0,2}[:=]\s{0,2}[\"'\\]{0,4}$",
    re.IGNORECASE,
)
_HOST_KEY = re.compile(
    r"(?:^|[^a-z])(?:host|hostname|host[_-]name|node|nodename|computername|machine"
    r"|server[_-]?name|fqdn)[\"'\\]{0,4}\s{0,2}[:=]\s{0,2}[\"'\\]{0,4}$",
    re.IGNORECASE,
)
_HOST_BEFORE = re.compile(r"(?:[\w.-]@|(?<![\w:/])//|(?<![\w\\])\\\\|file://)$")
# The equals sign is part of the needle.
_VARIABLE = re.compile(r"(?:^|[^A-Za-z0-9_])[A-Z][A-Z0-9_]{2,40}$")
_MAIL_AFTER = re.compile(r"@[\w\[]")
_BOUNDARY_AFTER = re.compile(r"(?![\w-])")


@dataclass(frozen=True, slots=True)
class Hit:
    """One identity seen in a payload; says which and where, never the value.

    Attributes:
        rule: Which part of the identity: ``"user"``, ``"home"``, ``"name"``,
            ``"email"``, ``"host"``, or a kind of its extras.
        encoding: How it was written: ``"utf-8"``, ``"utf-16-le"``, or wrapped, such
            as ``"base64/utf-8"`` or ``"percent/latin-1"``.
        offset: Byte offset in the payload, of the value or of what wraps it.
    """

    rule: str
    encoding: str
    offset: int


class Tripwire:
    """Knows one identity, and searches any number of payloads for it."""

    __slots__ = ("_needles",)

    def __init__(self, identity: object) -> None:
        self._needles = needles_of(as_identity(identity))

    def search(self, payload: bytes) -> tuple[Hit, ...]:
        """Every identity that can be read in the payload, in the payload's order.

        Decompress before: compressed bytes are looked at as they are.
        """
        return self.search_readings(unwrap(payload) if self._needles else ())

    def search_readings(self, readings: Iterable[Unwrapped]) -> tuple[Hit, ...]:
        """The same for a payload already unwrapped, to share that among identities."""
        hits: dict[Hit, None] = {}
        for reading in readings:
            folded = reading.data.lower()
            for needle in self._needles:
                for at in _occurrences(reading.data, folded, needle):
                    names = (reading.wrapping, needle.encoding)
                    label = "/".join(name for name in names if name)
                    hits[Hit(needle.rule, label, reading.origin(at))] = None
        return tuple(sorted(hits, key=lambda hit: (hit.offset, hit.rule, hit.encoding)))


def _occurrences(data: bytes, folded: bytes, needle: Needle) -> Iterator[int]:
    told = 0
    at = folded.find(needle.data)
    while at >= 0 and told < _MOST_HITS:
        if needle.strength is Strength.ANYWHERE or _is_meant(data, at, needle):
            told += 1
            yield at
        at = folded.find(needle.data, at + 1)


def _is_meant(data: bytes, at: int, needle: Needle) -> bool:
    """Whether the surroundings say that this is the person and no other word."""
    unit = _UNITS.get(needle.encoding, 1)
    end = at + len(needle.data)
    before = _read(data[max(0, at - _BEFORE * unit) : at], unit, keep_end=True)
    after = _read(data[end : end + _AFTER * unit], unit, keep_end=False)
    if needle.strength is Strength.WORD:
        return bool(_BEGINS_WORD.search(before) and _ENDS_WORD.match(after))
    if unit == 1 and not _reads_well(data[max(0, at - 8) : at]):
        return False
    return _is_structure(needle.rule, before, after)


def _reads_well(data: bytes) -> bool:
    """Whether a few bytes are text; random ones look like user@host now and then."""
    plain = len(data.translate(None, _UNREADABLE))
    if plain * 4 >= len(data) * 3:
        return True
    try:
        return data.lstrip(_CONTINUATION).decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return False


def _read(data: bytes, unit: int, *, keep_end: bool) -> str:
    """Neighbouring bytes as text of the same character width."""
    if unit == 1:
        return data.decode("latin-1")
    odd = len(data) % unit
    if odd:
        data = data[odd:] if keep_end else data[:-odd]
    return data.decode("utf-16-le" if unit == 2 else "utf-32-le", "replace")


def _is_structure(rule: str, before: str, after: str) -> bool:
    if rule in {"argument", "environment"}:
        return bool(_VARIABLE.search(before) and _BOUNDARY_AFTER.match(after))
    if rule == "host":
        found = _HOST_BEFORE.search(before) or _HOST_KEY.search(before)
        return bool(found and _BOUNDARY_AFTER.match(after))
    if _MAIL_AFTER.match(after) and _BEGINS_WORD.search(before):
        return True
    if _PATH_BEFORE.search(before) and after[:1] in {"/", "\\", '"', "'"}:
        return True
    found = _HOME_BEFORE.search(before) or _USER_KEY.search(before)
    return bool(found and _BOUNDARY_AFTER.match(after))
