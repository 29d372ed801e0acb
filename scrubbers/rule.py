"""A rule claims spans of a text; whoever applies it replaces what was claimed."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    _Picker = Callable[["re.Match[str]"], "Span | None"]

PLACEHOLDER = re.compile(r"<[a-z]{2,9}>")
ONLY_PLACEHOLDERS = re.compile(r"(?:<[a-z]{2,9}>|[\s\W])*")
SPACES = (" ", "\t")
# A value may hold a keyword with a value of its own (token: password: x), so places
# inside a match are tried too; but not inside long ones, or time would be quadratic.
_LONG = 256
OUTLINE = str.maketrans(
    string.ascii_letters + string.digits,
    "a" * len(string.ascii_letters) + "0" * len(string.digits),
)


class Span(NamedTuple):
    """Characters ``[start, end)`` that must go, and what stands there instead."""

    start: int
    end: int
    rule: str
    placeholder: str


class Subject:
    """A text to look at, with two views of it that make looking cheap.

    Attributes:
        text: The text itself.
        lowered: The same in small letters, character for character.
        outline: A space, then the text with each ASCII letter an ``a`` and each digit
            a ``0``.
    """

    __slots__ = ("_lowered", "_outline", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._lowered: str | None = None
        self._outline: str | None = None

    @property
    def lowered(self) -> str:
        """Made when it is first asked for: most rules want no more than the text."""
        if self._lowered is None:
            text = self.text
            lowered = text.lower()
            if len(lowered) != len(text):  # a few letters become two when lowered
                lowered = "".join(letter.lower()[0] for letter in text)
            self._lowered = lowered
        return self._lowered

    @property
    def outline(self) -> str:
        """Likewise."""
        if self._outline is None:
            self._outline = f" {self.text.translate(OUTLINE)}"
        return self._outline


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason to remove text.

    Scanning with a regular expression costs a hundred times more than asking
    whether a few characters occur, so a rule says what must occur for it to matter.

    Attributes:
        name: What findings are called.
        find: Yields the spans to remove from a subject.
        needs: Small-letter literals, of which one must occur; empty if none must.
        outlines: The same, for the subject's outline.
        keywords: Literals that ``find`` itself looks for; no span without one.
        whole: The same, but with no other letter beside them.
        between: Marks of which one must be left, too, when letters, digits and
            ``_+.-`` are taken out of a text of plain characters; empty if none must.
        may_announce: Whether its keywords at the end of a line speak of the next one.
        before: Which of ``_+.-`` may stand before its literals; letters and digits then
            may not. Anything may if it is ``None``.
        ends: Whether none of these, and no letter or digit, stands after its literals.
        unplain: Whether it finds nothing in plain characters and tokens that
            ``innocence`` calls plain, so that its literals need not be known.
    """

    name: str
    find: Callable[[Subject], Iterable[Span]]
    needs: tuple[str, ...] = ()
    outlines: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    may_announce: bool = False
    before: str | None = None
    ends: bool = False
    unplain: bool = False

    @property
    def has_literals(self) -> bool:
        """Whether anything must occur for it to matter."""
        return bool(self.needs or self.outlines or self.keywords or self.whole)

    def spans(self, subject: Subject) -> Iterable[Span]:
        """Apply the rule."""
        if self.outlines and not occurs(self.outlines, subject.outline):
            return ()
        if self.needs and not occurs(self.needs, subject.lowered):
            return ()
        return self.find(subject)


def occurs(literals: Sequence[str], text: str) -> bool:
    """Whether one of the literals is in the text (a loop: faster than ``any``)."""
    for literal in literals:  # noqa: SIM110 - the hottest loop there is
        if literal in text:
            return True
    return False


def pattern_rule(  # noqa: PLR0913 - a declaration, each part by its name
    name: str,
    placeholder: str,
    pattern: str,
    *,
    needs: tuple[str, ...] = (),
    outlines: tuple[str, ...] = (),
    accept: Callable[[str], bool] | None = None,
    flags: re.RegexFlag = re.IGNORECASE,
    between: tuple[str, ...] = (),
    before: str | None = None,
    ends: bool = False,
) -> Rule:
    """Make a rule from a regular expression.

    The span is the group ``v``, ``w`` or ``x`` that matched, else the whole match.
    ``accept`` may refuse a match by its text. What already is a placeholder is
    left alone, so that scrubbing twice changes nothing.
    """

    # To compile all patterns takes a tenth of a second, and few are asked in a run.
    @cache
    def prepared() -> tuple[re.Pattern[str], _Picker]:
        compiled = re.compile(pattern, flags | re.MULTILINE)
        return compiled, _span_picker(compiled, name, placeholder, accept)

    def find(subject: Subject) -> Iterator[Span]:
        compiled, pick = prepared()
        for match in compiled.finditer(subject.text):
            if (span := pick(match)) is not None:
                yield span

    return Rule(name, find, needs, outlines, between=between, before=before, ends=ends)


class Form(NamedTuple):
    """One way a keyword announces a value.

    Attributes:
        after: Pattern that starts with the keyword.
        before: Pattern of all that must stand between the line's start (or 64
            characters back) and the keyword; empty if anything may.
        accept: Whether the value says anything.
        name: Pattern with which ``after`` begins; forms that share one are tried only
            where it matches.
    """

    after: str
    before: str = ""
    accept: Callable[[str], bool] | None = None
    name: str = ""


class _Tried(NamedTuple):
    """A form, compiled."""

    before: re.Pattern[str] | None
    after: re.Pattern[str]
    pick: _Picker
    name: str


def keyword_rule(  # noqa: PLR0913 - likewise
    name: str,
    placeholder: str,
    forms: Sequence[Form],
    *,
    keywords: tuple[str, ...],
    whole: tuple[str, ...] = (),
    between: tuple[str, ...] = (),
    may_announce: bool = False,
    followed: str = "",
    unless: str = "\0",
) -> Rule:
    """Make a rule that looks only where one of the keywords stands.

    Same spans as a ``pattern_rule`` would give, but the text is scanned for plain
    literals, and patterns are tried only at those places.

    Args:
        followed: Pattern of what stands at every keyword where a form matches, from
            the keyword on; asked before the forms, because it costs less.
        unless: Not asked where this occurs in the text.
    """
    beginnings = (*keywords, *whole)
    is_followed = re.compile(followed).match

    @cache
    def prepared() -> tuple[list[_Tried], dict[str, re.Pattern[str]]]:
        names = {form.name for form in forms}
        return (
            [_compiled(form, name, placeholder) for form in forms],
            {each: re.compile(each, re.IGNORECASE) for each in names},
        )

    def find(subject: Subject) -> Iterable[Span]:
        places = _places(beginnings, subject.lowered)
        if unless not in subject.text:
            places = [at for at in places if is_followed(subject.text, at)]
        return _try_at(places, subject.text, *prepared()) if places else ()

    return Rule(
        name,
        find,
        keywords=keywords,
        whole=whole,
        between=between,
        may_announce=may_announce,
    )


def _compiled(form: Form, name: str, placeholder: str) -> _Tried:
    after = re.compile(form.after, re.IGNORECASE | re.MULTILINE)
    return _Tried(
        re.compile(form.before, re.IGNORECASE) if form.before else None,
        after,
        _span_picker(after, name, placeholder, form.accept),
        form.name,
    )


def _try_at(
    places: list[int],
    text: str,
    tried: list[_Tried],
    names: dict[str, re.Pattern[str]],
) -> Iterator[Span]:
    named = {
        each: [at for at in places if pattern.match(text, at)]
        for each, pattern in names.items()
    }
    for before, after, pick, its_name in tried:
        done = 0
        for at in named[its_name]:
            if at < done:
                continue
            if before and not before.fullmatch(text, _reach(text, at), at):
                continue
            if (match := after.match(text, at)) is None:
                continue
            if match.end() - at > _LONG:
                done = match.end()
            if (span := pick(match)) is not None:
                yield span


def _places(keywords: tuple[str, ...], lowered: str) -> list[int]:
    places: set[int] = set()
    for keyword in keywords:
        if keyword in lowered:
            at = lowered.find(keyword)
            while at >= 0:
                places.add(at)
                at = lowered.find(keyword, at + 1)
    return sorted(places)


def _reach(text: str, at: int) -> int:
    """Where the line starts, but not further back than 64 characters."""
    return max(text.rfind("\n", max(0, at - 64), at) + 1, at - 64, 0)


def _span_picker(
    compiled: re.Pattern[str],
    name: str,
    placeholder: str,
    accept: Callable[[str], bool] | None,
) -> _Picker:
    groups = [group for group in "vwx" if group in compiled.groupindex]

    def pick(match: re.Match[str]) -> Span | None:
        matched = (each for each in groups if match.start(each) >= 0)
        group = next(matched, 0)
        value = match.group(group)
        if not value or ("<" in value and is_scrubbed(value)):
            return None
        if accept is not None and not accept(value):
            return None
        return Span(match.start(group), match.end(group), name, placeholder)

    return pick


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
