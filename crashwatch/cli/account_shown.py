"""The loss account as ``status`` shows it: what was captured, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crashwatch.cli.show import say
from reports.spool.fates import Fate

if TYPE_CHECKING:
    from reports.spool.fates import Fates

_REASONED = (Fate.WITHHELD, Fate.REFUSED, Fate.DROPPED, Fate.SET_ASIDE)


def account_json(fates: Fates) -> dict[str, object]:
    """The sum, its parts, and the reasons that were noted."""
    return {
        "captured": fates.captured,
        **{fate.value: count for fate, count in fates.counts.items()},
        "reasons": [
            {"fate": fate.value, "why": why, "reports": count}
            for (fate, why), count in fates.reasons.items()
        ],
    }


def say_account(fates: Fates) -> None:
    """The sum on one line, then each reason; nothing where nothing was captured."""
    if not fates.captured:
        return
    parts = [
        f"{count} {fate.value.replace('_', ' ')}"
        for fate, count in fates.counts.items()
        if count
    ]
    say()
    say(f"  captured     {fates.captured} = {' + '.join(parts)}")
    for fate in _REASONED:
        for why, count in fates.whys(fate):
            say(f"  {fate.value.replace('_', ' '):<12} {count}: {why}")
