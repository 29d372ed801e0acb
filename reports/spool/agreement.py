"""What is recorded about a report beside it: its origin, and what was agreed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.errors import ConsentError
from reports.spool.records import ItemDigest, Origin, digest_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from reports.consent.switches import RegionRule
    from reports.spool.entry import StoredReport


def origin_of(report_id: str, when: datetime, region: RegionRule) -> Origin:
    """Record under which rules a report is stored."""
    return Origin(
        id=report_id,
        when=when,
        region=region.name,
        forbidden=tuple(sorted(category.value for category in region.forbidden)),
        endpoint=region.endpoint,
    )


def agreed_items(
    stored: StoredReport, digests: Collection[str]
) -> tuple[ItemDigest, ...]:
    """The items that were agreed to.

    Raises:
        ConsentError: The digests are not of this report, or not of its event.
    """
    agreed = frozenset(digests)
    items = tuple(digest_of(item) for item in stored.items if item.sha256 in agreed)
    event = stored.items[0].sha256
    if event not in agreed or len({item.sha256 for item in items}) != len(agreed):
        raise ConsentError(
            "the report is not the one that was agreed to",
            hint=f"See it with `crashwatch reports show {stored.summary.id[:8]}`.",
        )
    return items
