"""The finished payload: the one value that may be stored and, agreed to, sent.

``reports.compose`` makes it, after the walls; the spool takes nothing else.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import final

_MAKER = object()


@dataclass(frozen=True, slots=True)
class Item:
    """One envelope item.

    Attributes:
        type: ``event`` or ``attachment``.
        name: File name of an attachment (``minidump.dmp``), else empty.
        data: The item's payload bytes, without its header line.
    """

    type: str
    name: str
    data: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """What a person's consent is bound to, hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()


@final
@dataclass(frozen=True, slots=True)
class Payload:
    """A report ready to wait.

    Attributes:
        id: 32 hexadecimal digits; also the event id.
        category: Consent category (``crash``).
        report_json: The report, as ``report.json`` holds it.
        envelope: The exact bytes that would be sent (their header carries no time).
        items: The envelope's items, in order.
    """

    maker: object = field(repr=False)
    id: str
    category: str
    report_json: bytes = field(repr=False)
    envelope: bytes = field(repr=False)
    items: tuple[Item, ...]

    def __post_init__(self) -> None:
        """Refuse every maker but ``make_payload``."""
        if self.maker is not _MAKER:
            msg = "a Payload is made by reports.compose only"
            raise TypeError(msg)


def make_payload(
    *,
    id: str,  # noqa: A002 -- the field's name in every format involved
    category: str,
    report_json: bytes,
    envelope: bytes,
    items: tuple[Item, ...],
) -> Payload:
    """Make a payload. ``reports.compose`` alone may call this (a test checks)."""
    return Payload(_MAKER, id, category, report_json, envelope, items)
