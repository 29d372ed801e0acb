"""The last wall: search finished bytes for everything that names this person."""

from __future__ import annotations

from dataclasses import dataclass

from scrubbers.identity import as_identity


@dataclass(frozen=True, slots=True)
class Hit:
    """One identity seen in a payload; says which and where, never the value.

    Attributes:
        rule: Which part of the identity: ``"user"``, ``"home"``, ``"environment"`` …
        encoding: How it was written: ``"utf-8"``, ``"utf-16le"``, ``"base64"`` …
        offset: Byte offset in the payload.
    """

    rule: str
    encoding: str
    offset: int


class Tripwire:
    """Knows one identity; thin version, deepened later."""

    def __init__(self, identity: object) -> None:
        known = as_identity(identity)
        named = {
            "user": known.user,
            "home": known.home,
            "full_name": known.full_name,
            "host": known.host,
            "fqdn": known.fqdn,
            "email": known.email,
        }
        self._needles = [
            (rule, encoding, value.encode(encoding, "replace").lower())
            for rule, value in [*named.items(), *known.extra]
            if len(value) >= 5
            for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-32-le")
        ]

    def search(self, payload: bytes) -> tuple[Hit, ...]:
        """Every identity that can be seen in the payload, in the payload's order."""
        folded = payload.lower()
        return tuple(
            Hit(rule, encoding, at)
            for rule, encoding, needle in self._needles
            if (at := folded.find(needle)) >= 0
        )
