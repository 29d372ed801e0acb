"""The settings about retention, in the words of those who keep to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.consent.disclosure import KeptFor
from reports.lifecycle import State
from reports.spool.retention import Limits, ages

if TYPE_CHECKING:
    from crashwatch.retention_settings import Retention


def limits_of(kept: Retention) -> Limits:
    """For the reports."""
    return Limits(
        bytes=kept.most_bytes,
        count=kept.most_reports,
        ages=ages(
            {
                State.PENDING: kept.pending_days,
                State.QUEUED: kept.queued_days,
                State.SENT: kept.sent_days,
                State.WITHHELD: kept.withheld_days,
                State.QUARANTINE: kept.quarantine_days,
            }
        ),
    )


def kept_for(kept: Retention) -> KeptFor:
    """For the disclosure."""
    return KeptFor(
        pending=kept.pending_days,
        queued=kept.queued_days,
        sent=kept.sent_days,
        withheld=kept.withheld_days,
        quarantine=kept.quarantine_days,
        counters=kept.counters_days,
        log=kept.log_days,
    )
