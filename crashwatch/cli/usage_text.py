"""A report of a day's counts, in lines for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.spool.entry import StoredReport
    from reports.usage_report import MetricTold, UsageReport


def usage_lines(report: UsageReport, stored: StoredReport) -> Iterator[str]:
    """Everything in it: the day, the anonymous id and these counts."""
    yield f"Counts of {report.day} (UTC), {report.category}"
    yield f"  report    {report.id}, {stored.summary.state.value}"
    if report.release:
        yield f"  release   {report.release}"
    if report.anonymous_id:
        yield f"  as        {report.anonymous_id[:16]}…, this quarter's anonymous id"
    for metric in report.metrics:
        yield f"  {metric.name:<24} {_told(metric)}"
    yield f"  {len(stored.envelope)} bytes would be sent: reports show ID --payload"


def _told(metric: MetricTold) -> str:
    if metric.kind == "counter":
        return f"{sum(count for _, count in metric.counts)} {metric.unit}"
    if metric.kind == "histogram":
        told = ", ".join(f"{count} from {least}" for least, count in metric.counts)
        return f"{told} {metric.unit}"
    return f"{metric.days_7} of 7 days, {metric.days_28} of 28"
