"""Whether crashes may be captured, by the person's record and all that overrides it.

Asked before a terminal starts, where the record has a say, so nothing large is loaded.
"""

from __future__ import annotations

from datetime import UTC, datetime

from reports.consent.decision import Recorded, decide
from reports.consent.record import Category
from reports.consent.record_file import load_consent

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from reports.consent.switches import Switches


def may_capture(
    record: str | os.PathLike[str], log: str | os.PathLike[str], switches: Switches
) -> bool:
    """What ``reports.consent.decision`` says at this moment.

    What was granted on other words than today's is asked about again, so the words
    need not be made for this.

    Args:
        record: ``consent.json``.
        log: ``consent.log``.
        switches: Everything else that speaks.
    """
    now = datetime.now(UTC)
    consent = load_consent(record, log, terms=None, now=now)
    recorded = Recorded(time=now)
    return decide(Category.CRASH, consent, switches, recorded=recorded).collect
