"""A report made under one region's rules does not leave under another's laxer ones.

Pure. What was in force when a report was made is recorded beside it; where the rules of
now are those of another region, both must allow it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from reports.consent.switches import RegionRule


def why_held_at_border(
    category: str,
    made_in: str,
    forbidden_there: Collection[str],
    endpoint_there: str,
    here: RegionRule,
) -> str:
    """Why a report may not leave under the rules of ``here``, or the empty string.

    Args:
        category: The report's.
        made_in: Name of the region it was made in; empty: no rules were configured.
        forbidden_there: Categories that were off there.
        endpoint_there: ``host:port`` to which it might go then; empty: nowhere.
        here: The rule of now, whose own prohibitions ``decide`` sees to.
    """
    if not made_in or made_in == here.name:
        return ""
    if category in forbidden_there:
        return f"the rules of region {made_in}, where it was made, forbid it"
    if not endpoint_there:
        return f"the rules of region {made_in}, where it was made, let it go nowhere"
    if endpoint_there != here.endpoint:
        return f"it was made in region {made_in} and may go to {endpoint_there} only"
    return ""
