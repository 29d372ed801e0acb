"""A day's counts as a Sentry event. Pure.

Of times only the day is in it: the ``timestamp`` is the day's end. The context
``counts`` has an entry for each metric: a counter's number; for a histogram its unit
and, under each bucket's smallest value, how often it occurred; for a feature or plugin
on how many of the last 7 and 28 days it was used. ``user.id`` is the anonymous id: the
one field that two events of a quarter have in common.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.usage_report import MetricTold, UsageReport

Json = dict[str, object]


def usage_event_of(report: UsageReport) -> Json:
    """The event, ready for ``reports.envelope.event_bytes``."""
    day = report.day.isoformat()
    end = report.day + timedelta(days=1)
    counts: Json = {"type": "counts", "day": day}
    for metric in report.metrics:
        counts[metric.name] = _value(metric)
    event: Json = {
        "event_id": report.id,
        "timestamp": f"{end.isoformat()}T00:00:00Z",
        "platform": "other",
        "level": "info",
        "logentry": {"message": f"{report.category} of a day"},
        "fingerprint": ["crashwatch", report.category],
        "tags": {"category": report.category},
        "contexts": {"counts": counts},
        "sdk": {"name": "crashwatch", "version": str(report.schema)},
    }
    if report.release:
        event["release"] = report.release
    if report.anonymous_id:
        event["user"] = {"id": report.anonymous_id}
    return event


def _value(metric: MetricTold) -> object:
    if metric.kind == "counter":
        return sum(count for _, count in metric.counts)
    if metric.kind == "histogram":
        buckets = {str(least): count for least, count in metric.counts}
        return {"unit": metric.unit, "from": buckets}
    return {"days_7": metric.days_7, "days_28": metric.days_28}
