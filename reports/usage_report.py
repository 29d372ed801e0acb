"""What a report of a day's counts holds: every field there is, typed.

One report is one category of one UTC day. Each name in it is declared in the registry;
there is no other text.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from reports.crash_report import Version
from reports.report_form import ReportId

MetricName = Annotated[
    str, msgspec.Meta(max_length=128, pattern=r"\A[a-z][a-z0-9_/-]*\Z")
]
"""A declared metric, or ``plugin/`` and a declared plugin."""

Unit = Annotated[str, msgspec.Meta(max_length=20, pattern=r"\A[a-z]*\Z")]
AnonymousId = Annotated[str, msgspec.Meta(pattern=r"\A(?:[0-9a-f]{64})?\Z")]
"""As ``reports.identity`` makes it, or empty."""

Days = Annotated[int, msgspec.Meta(ge=0, le=28)]
Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class MetricTold(msgspec.Struct, frozen=True, omit_defaults=True):
    """One metric of the day.

    Attributes:
        name: Of the registry.
        kind: Of the registry.
        unit: Of counters and histograms.
        counts: For a counter ``((0, n),)``; for a histogram each bucket's smallest
            value and how often it occurred.
        days_7: For a feature or plugin: days of the last 7 on which it was used.
        days_28: The same of the last 28.
    """

    name: MetricName
    kind: Literal["counter", "histogram", "feature", "plugin"]
    unit: Unit = ""
    counts: tuple[tuple[Number, Number], ...] = ()
    days_7: Days = 0
    days_28: Days = 0


class UsageReport(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One category's counts on one day, as they may leave.

    Attributes:
        created: When it was made; stays on this machine.
        day: The day counted, UTC.
        release: Version of the program, by the settings; may be empty.
        anonymous_id: Of this quarter and endpoint: to count people, not days.
    """

    schema: int
    id: ReportId
    created: datetime
    category: Literal["usage", "performance", "features", "plugins"]
    day: date
    release: Version = ""
    anonymous_id: AnonymousId = ""
    metrics: tuple[MetricTold, ...]
