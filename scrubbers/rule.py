"""A rule claims spans of a text; whoever applies it replaces what was claimed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

PLACEHOLDER = re.compile(r"<[a-z]{2,9}>")
ONLY_PLACEHOLDERS = re.compile(r"(?:<[a-z]{2,9}>|[\s\W])*")


class Span(NamedTuple):
    """Characters ``[start, end)`` that must go, and what stands there instead."""

    start: int
    end: int
    rule: str
    placeholder: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason to remove text.

    Attributes:
        name: What findings are called.
        find: Yields the spans to remove from a text.
        needs: Lower-case literals; unless one of them is in the lower-cased text
            the rule has nothing to find. Empty: the rule always looks.
    """

    name: str
    find: Callable[[str], Iterable[Span]]
    needs: tuple[str, ...] = ()

    def spans(self, text: str, lowered: str) -> Iterable[Span]:
        """Apply the rule; ``lowered`` is ``text.lower()``, computed once for all."""
        needs = self.needs
        if needs and not any(literal in lowered for literal in needs):
            return ()
        return self.find(text)


def pattern_rule(
    name: str,
    placeholder: str,
    pattern: str,
    *,
    needs: tuple[str, ...] = (),
    accept: Callable[[str], bool] | None = None,
    flags: re.RegexFlag = re.IGNORECASE,
) -> Rule:
    """Make a rule from a regular expression.

    The span is the group ``v``, ``w`` or ``x`` that matched, else the whole match.
    ``accept`` may refuse a match by its text. What already is a placeholder is
    left alone, so that scrubbing twice changes nothing.
    """
    compiled = re.compile(pattern, flags | re.MULTILINE)
    groups = [group for group in "vwx" if group in compiled.groupindex]

    def find(text: str) -> Iterator[Span]:
        for match in compiled.finditer(text):
            matched = (each for each in groups if match.start(each) >= 0)
            group = next(matched, 0)
            value = match.group(group)
            if not value or ("<" in value and is_scrubbed(value)):
                continue
            if accept is None or accept(value):
                yield Span(match.start(group), match.end(group), name, placeholder)

    return Rule(name, find, needs)


def is_scrubbed(value: str) -> bool:
    """Whether nothing but placeholders and punctuation is left of a value."""
    return (
        PLACEHOLDER.search(value) is not None
        and ONLY_PLACEHOLDERS.fullmatch(value) is not None
    )


def merge(spans: Iterable[Span]) -> list[Span]:
    """Join overlapping spans; the longest one gives the name and placeholder."""
    merged: list[Span] = []
    longest = 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            named = last
            if span.end - span.start > longest:
                named, longest = span, span.end - span.start
            end = max(last.end, span.end)
            merged[-1] = Span(last.start, end, named.rule, named.placeholder)
        elif span.start < span.end:
            merged.append(span)
            longest = span.end - span.start
    return merged


def replace(text: str, spans: Iterable[Span]) -> str:
    """Put the placeholders of merged spans into the text."""
    parts: list[str] = []
    at = 0
    for span in spans:
        parts += (text[at : span.start], span.placeholder)
        at = span.end
    parts.append(text[at:])
    return "".join(parts)
