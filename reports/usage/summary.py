"""A day's counts, and what several days say of features. Pure.

``usage/<day>.counts`` is a ``DayCounts`` as JSON. A count belongs to the grant it was
counted under; what was counted under one that is not in force any more is forgotten.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from reports.consent.record import Category
from reports.errors import StorageError
from reports.usage.counter_layout import COUNTED
from reports.usage.registry import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reports.usage.counter_layout import Place, Section

KEPT_DAYS = 90
WEEK, FOUR_WEEKS = 7, 28

_EPOCH = date(1970, 1, 1)

CategoryWord = Literal["usage", "performance", "features", "plugins"]
_WORDS: Mapping[Category, CategoryWord] = {
    Category.USAGE: "usage",
    Category.PERFORMANCE: "performance",
    Category.FEATURES: "features",
    Category.PLUGINS: "plugins",
}
MetricName = Annotated[
    str, msgspec.Meta(max_length=128, pattern=r"\A[a-z][a-z0-9_/-]*\Z")
]
Count = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
ReportIdOrNone = Annotated[str, msgspec.Meta(pattern=r"\A(?:[0-9a-f]{32})?\Z")]
Bucket = Annotated[int, msgspec.Meta(ge=0, lt=64)]


class Counted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One metric's counts on one day.

    Attributes:
        kind: As the registry had it when it was counted.
        buckets: Bucket and count; bucket 0 for what is no histogram.
    """

    name: MetricName
    kind: Literal["counter", "histogram", "feature", "plugin"]
    buckets: tuple[tuple[Bucket, Count], ...]

    @property
    def total(self) -> int:
        """The sum of its counts."""
        return sum(count for _, count in self.buckets)


class OfCategory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One category's counts on one day.

    Attributes:
        grant: Sequence number of the grant they were counted under.
        report: Id of the event made of them; empty before.
    """

    category: CategoryWord
    grant: Count
    metrics: tuple[Counted, ...] = ()
    report: ReportIdOrNone = ""


class DayCounts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything counted on one UTC day.

    Attributes:
        merged: Sections that are in here already and whose files may still be there,
            as ``run/file/number``.
    """

    schema: Annotated[int, msgspec.Meta(ge=1, le=1)] = 1
    day: date
    merged: tuple[str, ...] = ()
    categories: tuple[OfCategory, ...] = ()

    def of(self, category: Category) -> OfCategory | None:
        """What is there of a category."""
        return next((c for c in self.categories if c.category == category.value), None)


def day_of(number: int) -> date:
    """The date of a section's day."""
    return _EPOCH + timedelta(days=number)


def number_of(day: date) -> int:
    """The section's day of a date."""
    return (day - _EPOCH).days


def add_section(
    counts: DayCounts,
    source: str,
    section: Section,
    places: Iterable[Place],
    allowed: Mapping[Category, int],
) -> DayCounts:
    """Add what one section holds, once: a source that is merged changes nothing.

    Args:
        counts: The day so far.
        source: Names the section for ever.
        section: What it holds.
        places: Of the file it is in.
        allowed: The grants in force; what was counted under another is forgotten.
    """
    if source in counts.merged:
        return counts
    kinds = {place.name: place for place in places}
    categories = {c.category: c for c in counts.categories}
    for category, grant in zip(COUNTED, section.grants, strict=True):
        fresh = {
            name: (kinds[name].kind, buckets)
            for name, buckets in section.counts.items()
            if kinds[name].category is category
        }
        if not fresh or grant != allowed.get(category):
            continue
        held = categories.get(_WORDS[category])
        if held is None or held.grant != grant:
            held = OfCategory(_WORDS[category], grant)
        metrics = _added(held.metrics, fresh)
        categories[held.category] = msgspec.structs.replace(held, metrics=metrics)
    return msgspec.structs.replace(
        counts,
        merged=(*counts.merged, source),
        categories=tuple(categories[name] for name in sorted(categories)),
    )


def _added(
    metrics: tuple[Counted, ...], fresh: Mapping[str, tuple[Kind, dict[int, int]]]
) -> tuple[Counted, ...]:
    found = {metric.name: metric for metric in metrics}
    for name, (kind, buckets) in fresh.items():
        before = found.get(name)
        known = before is not None and before.kind == kind.value
        sums = dict(before.buckets) if before is not None and known else {}
        for bucket, count in buckets.items():
            sums[bucket] = min(sums.get(bucket, 0) + count, 2**63 - 1)
        if kind in {Kind.FEATURE, Kind.PLUGIN}:
            sums = {0: 1}
        found[name] = Counted(name, kind.value, tuple(sorted(sums.items())))
    return tuple(found[name] for name in sorted(found))


def without(counts: DayCounts, categories: Iterable[Category]) -> DayCounts:
    """The day less these categories: consent to them was withdrawn."""
    names = {category.value for category in categories}
    left = tuple(c for c in counts.categories if c.category not in names)
    return msgspec.structs.replace(counts, categories=left)


def used_on(
    days: Iterable[DayCounts], category: CategoryWord, grant: int
) -> dict[str, int]:
    """For each name on how many of these days it was counted, under this grant."""
    found: dict[str, int] = {}
    for counts in days:
        for held in counts.categories:
            if held.category == category and held.grant == grant:
                for metric in held.metrics:
                    found[metric.name] = found.get(metric.name, 0) + 1
    return found


def last_days(
    days: Iterable[DayCounts], today: date, number: int
) -> tuple[DayCounts, ...]:
    """Those of the last ``number`` days, today included."""
    return tuple(d for d in days if 0 <= (today - d.day).days < number)


def expired_days(
    days: Iterable[date], today: date, kept: int = KEPT_DAYS
) -> tuple[date, ...]:
    """The days whose counts are too old to keep. One from the future is not old."""
    return tuple(day for day in days if (today - day).days > kept)


def decode_day(data: bytes) -> DayCounts:
    """Read a day's file.

    Raises:
        StorageError: It is not one.
    """
    try:
        return msgspec.json.decode(data, type=DayCounts)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise StorageError("the day's counts cannot be read") from error


def encode_day(counts: DayCounts) -> bytes:
    """Write a day's file, so that it reads again."""
    data = msgspec.json.encode(counts)
    decode_day(data)
    return data
