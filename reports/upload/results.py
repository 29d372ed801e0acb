"""What one pass over the queue did; here, to be told without loading the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A report that was not sent, and why."""

    id: str
    why: str


@dataclass(slots=True)
class DrainResult:
    """What one pass did.

    Attributes:
        busy: Another uploader is at work; nothing was done.
        waiting_until: It is too early after a failure; nothing was done.
        sent: Ids now in ``sent``.
        kept: Still queued, to be tried again.
        refused: Still queued, held back by the consent of this moment.
        set_aside: Now in quarantine.
        not_yet: Still queued; their turn has not come.
        wire_bytes: HTTP bytes written, before TLS.
    """

    busy: bool = False
    waiting_until: datetime | None = None
    sent: list[str] = field(default_factory=list)
    kept: list[Held] = field(default_factory=list)
    refused: list[Held] = field(default_factory=list)
    set_aside: list[Held] = field(default_factory=list)
    not_yet: list[Held] = field(default_factory=list)
    wire_bytes: int = 0
