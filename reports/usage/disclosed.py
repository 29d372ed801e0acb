"""The registry as the disclosure tells it: every name, with its purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.consent.disclosure import Metric
from reports.consent.record import Category
from reports.usage.registry import UNDECLARED, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.usage.registry import DeclaredMetric, Registry


def disclosed(registry: Registry) -> tuple[Metric, ...]:
    """All that may be counted, expired or not: a day without it changes no consent."""
    return tuple(_metrics(registry))


def _metrics(registry: Registry) -> Iterator[Metric]:
    for metric in registry.metrics:
        yield Metric(metric.name, metric.category, _purpose(metric, registry.plugins))
    if registry.metrics:
        yield Metric(
            UNDECLARED,
            Category.USAGE,
            "how many other names the program tried to count; they are not kept",
        )


def _purpose(metric: DeclaredMetric, plugins: tuple[str, ...]) -> str:
    until = f"until {metric.expires.isoformat()}"
    if metric.kind is Kind.PLUGIN:
        known = ", ".join(plugins) or "none are listed yet"
        return f"{metric.description}, {until}: {known}; any other is told as other"
    if metric.kind is Kind.FEATURE:
        return f"{metric.description}, {until}; on which days, not how often"
    sizes = "sizes of " if metric.kind is Kind.HISTOGRAM else "number of "
    return f"{metric.description} ({sizes}{metric.unit}), {until}"
