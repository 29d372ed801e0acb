"""Whether it is a good moment to send: a connection that costs, a battery. Pure.

It holds back what leaves by standing consent, as the day's budget does. A report that a
person looked at and agreed to goes at once, and so does a request to delete.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from reports.upload.budget import PERSONAL

if TYPE_CHECKING:
    from datetime import datetime

ON_BATTERY_AT_MOST = timedelta(days=3)
"""So long a report waits for mains power; some kilobytes are not worth losing it."""


class Circumstances(NamedTuple):
    """What the desktop tells. What it does not tell holds nothing back.

    Attributes:
        metered: The connection is paid for by what goes over it.
        on_battery: The computer runs on its battery.
    """

    metered: bool = False
    on_battery: bool = False

    def why_wait(self) -> str:
        """Why what is not urgent waits, for the person; empty: it does not."""
        if self.metered:
            return "the connection is metered"
        return "the computer runs on battery" if self.on_battery else ""

    def why_held(self, how: str, created: datetime, now: datetime) -> str:
        """Why one report waits; empty: it may go.

        Args:
            how: How it was agreed to (``Approval.how``).
            created: When it was made.
            now: By the same clock; one that went back makes nothing wait longer.
        """
        if how in PERSONAL:
            return ""
        patient = timedelta() <= now - created <= ON_BATTERY_AT_MOST
        here = self if patient else self._replace(on_battery=False)
        return here.why_wait()


GOOD = Circumstances()
