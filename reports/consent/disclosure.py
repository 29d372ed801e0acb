"""The disclosure: what is collected, why, on what basis, where it goes, for how long.

The text is made from the tables of ``disclosure_fields`` and from what the caller
knows of the recipient and the time limits; consent is bound to its SHA-256, so any
change in it asks again.
"""

from __future__ import annotations

import hashlib
import textwrap
from typing import TYPE_CHECKING

import msgspec

from reports.consent.disclosure_fields import (
    MINIDUMP,
    NEVER,
    PARTS,
    USAGE_PARTS,
)
from reports.consent.record import Category, Terms
from reports.consent.switches import NO_REGION_RULE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reports.consent.switches import RegionRule

POLICY_VERSION = 1
"""Raised when the meaning of a grant changes, whatever the words are."""

WIDTH = 78

_CATEGORIES: tuple[tuple[Category, str], ...] = (
    (Category.CRASH, "reports of crashes, to find and mend faults"),
    (Category.USAGE, "how often and how long the program runs"),
    (Category.PERFORMANCE, "how long it takes to do things"),
    (Category.FEATURES, "which of its features are used"),
    (Category.PLUGINS, "which publicly known plugins are used"),
)


class KeptFor(msgspec.Struct, frozen=True):
    """Days for which things are kept; ``server`` is None where nobody said."""

    pending: int = 30
    queued: int = 21
    sent: int = 30
    withheld: int = 30
    quarantine: int = 30
    counters: int = 90
    log: int = 3 * 365
    server: int | None = None


class Metric(msgspec.Struct, frozen=True):
    """One declared counter: its name, its category, its purpose."""

    name: str
    category: Category
    purpose: str


def disclosure_text(
    *,
    recipient: str = "",
    controller: str = "",
    kept: KeptFor | None = None,
    metrics: Iterable[Metric] = (),
    region: RegionRule = NO_REGION_RULE,
) -> str:
    """The whole text, at most 78 columns wide, ending in a line feed.

    Args:
        recipient: Host that reports go to, as ``crashwatch.dsn.host_of`` gives it;
            empty: they go nowhere.
        controller: Who answers for the data there; empty: not known here.
        kept: The time limits in force.
        metrics: The declared counters; without any, nothing is counted.
        region: The rules of the region we are in.
    """
    sections = (
        ("What you can allow", (*_categories(), *_region(region))),
        ("What a crash report holds", _crash_fields()),
        ("What its minidump holds", _minidump()),
        ("What is in no report", _list(NEVER)),
        ("What is counted", _metrics(tuple(metrics))),
        ("On what basis", _basis()),
        ("Where it goes", _recipient(recipient, controller)),
        ("How long it is kept", _kept(kept or KeptFor())),
        ("Your rights", _rights()),
    )
    lines = [f"crashwatch disclosure, policy version {POLICY_VERSION}", ""]
    for title, body in sections:
        lines += [title.upper(), *body, ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def disclosure_sha256(text: str) -> str:
    """What a grant is bound to: SHA-256 of the text in UTF-8, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def terms_of(text: str) -> Terms:
    """The terms that a choice made on this text is recorded with."""
    return Terms(POLICY_VERSION, disclosure_sha256(text))


def _categories() -> Iterator[str]:
    yield from _table(tuple((c.value, purpose) for c, purpose in _CATEGORIES))
    yield from _paragraph(
        "Each is a choice of its own. A crash is kept on this machine, with everything "
        "personal removed, and you are asked before it is sent, unless you chose "
        "always or never. The others are off until you allow them, and off means that "
        "nothing is counted or stored. Nothing you allow covers what was recorded "
        "before you allowed it. The program works the same whatever you choose."
    )


def _region(region: RegionRule) -> Iterator[str]:
    """What the rules of a region take away, and from what age on."""
    if region.forbidden:
        names = ", ".join(sorted(category.value for category in region.forbidden))
        yield from _paragraph(
            f"The rules of region {region.name} forbid: {names}. They stay off, "
            "whatever you choose."
        )
    if region.minimum_age:
        yield from _paragraph(
            f"In region {region.name} you may allow any of it from the age of "
            f"{region.minimum_age} on; younger people need a parent's consent."
        )


def _crash_fields() -> Iterator[str]:
    for number, part in enumerate(PARTS):
        if number:
            yield ""
        yield f"  {part.title}:"
        yield from _table(part.fields)


def _minidump() -> Iterator[str]:
    yield from _table(tuple((stream.title, stream.holds) for stream in MINIDUMP))


def _metrics(metrics: tuple[Metric, ...]) -> Iterator[str]:
    if not metrics:
        yield from _paragraph("Nothing. This version declares no counters.")
        return
    for part in USAGE_PARTS:
        yield f"  {part.title}:"
        yield from _table(part.fields)
        yield ""
    for category, _purpose in _CATEGORIES:
        of_it = tuple((m.name, m.purpose) for m in metrics if m.category is category)
        if of_it:
            yield f"  {category.value}:"
            yield from _stacked(of_it)


def _stacked(rows: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """Names too long for a column, each above what it is for."""
    for name, purpose in rows:
        yield f"    {name}"
        yield from textwrap.wrap(
            purpose, WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 8
        )


def _basis() -> Iterator[str]:
    yield from _paragraph(
        "Your consent, and nothing else (GDPR Art. 6(1)(a); for storing it on your "
        "device ePrivacy Art. 5(3)). What was chosen, when, how and on which words is "
        "kept as evidence (Art. 7(1)). No decision about you is made from it, by "
        "machine or otherwise."
    )


def _recipient(recipient: str, controller: str) -> Iterator[str]:
    if not recipient:
        yield from _paragraph(
            "Nowhere. No endpoint is configured; reports stay on this machine. When "
            "one is configured this text changes, and you are asked again."
        )
        return
    yield from _paragraph(
        f"To {recipient}, encrypted (TLS), and to nobody else. The server sees the "
        "address your connection comes from; crashwatch neither sends nor stores it. "
        "Where that server stands, its operator can tell."
    )
    who = controller or (
        "not stated in this installation; ask whoever gave you the program"
    )
    yield from _paragraph(f"Answerable for the data there: {who}.")


def _kept(kept: KeptFor) -> Iterator[str]:
    server = "not stated" if kept.server is None else f"{kept.server} days"
    yield from _table(
        (
            ("waiting", f"{kept.pending} days for your answer, then deleted"),
            ("agreed to", f"{kept.queued} days for the server, then deleted"),
            ("sent", f"{kept.sent} days as a copy you can look at"),
            ("withheld", f"{kept.withheld} days, the reason only"),
            ("set aside", f"{kept.quarantine} days, damaged or refused by the server"),
            ("counters", f"{kept.counters} days"),
            ("choices", f"{kept.log} days after they were replaced"),
            ("numbers", f"{kept.log} days, of reports that are gone, for erasing them"),
            ("on the server", server),
        )
    )
    yield from _paragraph(
        "When this computer was off for more than a year, what became too old "
        "meanwhile is deleted a week later: its clock might be wrong."
    )


def _rights() -> Iterator[str]:
    yield from _table(
        (
            ("look", "crashwatch reports show ID, crashwatch status"),
            ("refuse", "crashwatch consent revoke [CATEGORY...], at any time, at once"),
            ("", "--no-telemetry, CRASHWATCH_NO_TELEMETRY=1 or DO_NOT_TRACK=1"),
            ("allow", "crashwatch consent grant CATEGORY..."),
            ("export", "crashwatch export --output FILE.zip: everything held here"),
            (
                "erase",
                (
                    "crashwatch erase: everything held here; and asks the recipient to "
                    "erase what was sent, by the numbers of those reports"
                ),
            ),
            ("", "crashwatch reports discard ID: one report"),
        )
    )
    yield from _paragraph(
        "You may also complain to the data protection authority where you live."
    )


def _table(rows: tuple[tuple[str, str], ...]) -> Iterator[str]:
    width = max(len(name) for name, _ in rows) + 2
    for name, purpose in rows:
        start = f"    {name:<{width}}"
        yield from textwrap.wrap(
            purpose, WIDTH, initial_indent=start, subsequent_indent=" " * len(start)
        )


def _list(items: tuple[str, ...]) -> Iterator[str]:
    for item in items:
        yield from textwrap.wrap(
            item, WIDTH, initial_indent="  - ", subsequent_indent="    "
        )


def _paragraph(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="  ")
