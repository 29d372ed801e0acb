"""What is recorded about a report beside it: its origin, and what was agreed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.errors import ConsentError
from reports.spool.records import ItemDigest, Origin, digest_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from reports.consent.switches import RegionRule
    from reports.payload import Item


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
    report_id: str, held: Sequence[Item], digests: Collection[str]
) -> tuple[ItemDigest, ...]:
    """The items that were agreed to.

    Args:
        report_id: The report's id.
        held: Its items, the event first.
        digests: SHA-256 of each that was shown and agreed to.

    Raises:
        ConsentError: The digests are not of this report, or not of its event.
    """
    agreed = frozenset(digests)
    items = tuple(digest_of(item) for item in held if item.sha256 in agreed)
    event = held[0].sha256
    if event not in agreed or len({item.sha256 for item in items}) != len(agreed):
        raise ConsentError(
            "the report is not the one that was agreed to",
            hint=f"See it with `crashwatch reports show {report_id[:8]}`.",
        )
    return items
