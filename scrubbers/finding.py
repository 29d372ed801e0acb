"""What was removed: the rule's name, where, and how long; never the value itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Finding(NamedTuple):
    """One piece of text that was removed; a tuple, because there may be thousands.

    Attributes:
        rule: Name of the rule, such as ``"path"`` or ``"email"``.
        place: ``"line 3"`` in a text; in a tree the field's path, such as
            ``"exception.value"``, followed by the line where there are several.
        length: How many characters were taken out.
    """

    rule: str
    place: str
    length: int


class Line(NamedTuple):
    """A scrubbed line, what was found in it, and whether a secret follows it."""

    text: str
    findings: tuple[tuple[str, int], ...]
    awaits_value: bool


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """A text after scrubbing, and the account of what was removed from it."""

    text: str
    findings: tuple[Finding, ...]


def summarize(findings: Iterable[Finding]) -> str:
    """Say in one line what was removed: ``"7 path, 2 user"``; empty if nothing."""
    counts = Counter(finding.rule for finding in findings)
    return ", ".join(f"{count} {rule}" for rule, count in sorted(counts.items()))
