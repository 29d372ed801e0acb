"""What a finished day tells: its counts as a report of each category. Pure.

A name is told only while the registry of today declares it, with the same kind and
category, and it has not expired: what is counted may be older than what is declared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.consent.record import Category
from reports.report_form import SCHEMA_VERSION
from reports.usage.registry import Kind
from reports.usage.summary import FOUR_WEEKS, WEEK, last_days, used_on
from reports.usage_report import MetricTold, UsageReport

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from reports.usage.registry import Registry
    from reports.usage.summary import Counted, DayCounts, OfCategory


def least_of(bucket: int) -> int:
    """The smallest value of a histogram's bucket: 0, 1, 2, 3, 4, 6, 8, 12 and so on."""
    if bucket < 4:
        return bucket
    return (2 + bucket % 2) << (bucket // 2 - 1)


def usage_report_of(
    category: OfCategory,
    days: Iterable[DayCounts],
    day: DayCounts,
    registry: Registry,
    *,
    created: datetime,
    release: str,
    anonymous_id: str,
) -> UsageReport | None:
    """The report of one category of a day; None where it has nothing to tell.

    Args:
        category: One of ``day.categories``, with the id of its report.
        days: The days there are; of features the last 28 count.
        day: The day told.
        registry: What may be told.
        created: Now, with its zone.
        release: The program's version, or empty.
        anonymous_id: Of the quarter in which it is made, for the endpoint in use.
    """
    window = last_days(tuple(days), day.day, FOUR_WEEKS)
    weeks = used_on(window, category.category, category.grant)
    week = used_on(last_days(window, day.day, WEEK), category.category, category.grant)
    declared = registry.names(day.day)
    metrics: list[MetricTold] = []
    for counted in category.metrics:
        metric = declared.get(counted.name)
        if metric is None or metric.kind.value != counted.kind:
            continue
        if metric.category is not Category(category.category):
            continue
        lasting = metric.kind in {Kind.FEATURE, Kind.PLUGIN}
        metrics.append(
            MetricTold(
                counted.name,
                counted.kind,
                metric.unit,
                () if lasting else _counts(counted),
                week.get(counted.name, 0) if lasting else 0,
                weeks.get(counted.name, 0) if lasting else 0,
            )
        )
    if not metrics:
        return None
    return UsageReport(
        schema=SCHEMA_VERSION,
        id=category.report,
        created=created,
        category=category.category,
        day=day.day,
        release=release,
        anonymous_id=anonymous_id,
        metrics=tuple(metrics),
    )


def _counts(counted: Counted) -> tuple[tuple[int, int], ...]:
    if counted.kind == "counter":
        return ((0, counted.total),)
    return tuple((least_of(bucket), count) for bucket, count in counted.buckets)
