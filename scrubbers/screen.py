"""Tell cheaply which rules can find anything in a text: most of them cannot.

Asking each of fifty rules takes longer than reading the text once. What the rules need
(see ``Rule``) is sorted here by the words it is made of: a text is split into its
words, each word is judged once and remembered, and what is left are a few marks and
outlines to look for. A new rule is heeded without a change here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scrubbers.rule import Rule, Subject

_WORD = re.compile(r"[a-z]+")
_MOST_REMEMBERED = 20_000


class _Judged(NamedTuple):
    """What one word says: rules it suffices for, and phrases that may be around it."""

    rules: int
    phrases: tuple[tuple[str, int], ...]


class Screen:
    """Finds the candidates among a list of rules; remembers words it met.

    Sets of rules are numbers with a bit for each rule, in the rules' order.
    """

    __slots__ = (
        "_always",
        "_endings",
        "_everywhere",
        "_foreign",
        "_inside",
        "_marks",
        "_parts",
        "_phrases",
        "_rules",
        "_sets",
        "_shapes",
        "_whole",
        "_words",
    )

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = rules
        self._always = 0
        self._inside: dict[str, int] = {}
        self._whole: dict[str, int] = {}
        self._endings: dict[str, int] = {}
        self._everywhere: dict[str, int] = {}
        self._marks: dict[str, int] = {}
        self._foreign: dict[str, int] = {}
        self._phrases: dict[str, dict[str, int]] = {}
        for number, rule in enumerate(rules):
            self._sort(rule, 1 << number)
        self._shapes = list(_by_marker(rules))
        self._parts = _by_beginning((*self._inside, *self._phrases))
        self._words: dict[str, _Judged] = {}
        self._sets: dict[int, tuple[Rule, ...]] = {}

    def telling(self, subject: Subject) -> int:
        """The set of rules for which something in the subject speaks.

        Left out are those that look at every text, and those that need no more than
        a full stop or a colon: whoever wants them too asks for ``candidates``.
        """
        return self._by_shape(subject.outline) | self._by_literals(subject.lowered)

    def candidates(self, subject: Subject) -> tuple[Rule, ...]:
        """The rules that may find something in a subject, in their order."""
        found = self.telling(subject) | self._always
        for mark, bits in self._everywhere.items():
            if mark in subject.text:
                found |= bits
        try:
            return self._sets[found]
        except KeyError:
            chosen = tuple(
                rule for at, rule in enumerate(self._rules) if found >> at & 1
            )
            return self._sets.setdefault(found, chosen)

    def _sort(self, rule: Rule, bit: int) -> None:
        literals = (*rule.needs, *rule.keywords)
        if not (literals or rule.outlines or rule.whole):
            self._always |= bit
        for word in rule.whole:
            self._whole[word] = self._whole.get(word, 0) | bit
        for literal in literals:
            group, key = self._group_of(literal)
            group[key] = group.get(key, 0) | bit

    def _group_of(self, literal: str) -> tuple[dict[str, int], str]:
        """Where a literal is kept, and under which name."""
        words = _WORD.findall(literal)
        if not literal.isascii():
            return self._foreign, literal
        if words == [literal]:
            return self._inside, literal
        if words == [literal[1:]] and literal[0] == ".":
            return self._endings, literal[1:]
        if not words:
            frequent = literal in {".", ":"}
            return self._everywhere if frequent else self._marks, literal
        return self._phrases.setdefault(max(words, key=len), {}), literal

    def _by_shape(self, outline: str) -> int:
        found = 0
        for marker, times, outlines in self._shapes:
            if outline.count(marker) >= times:
                for shape, bits in outlines:
                    if shape in outline:
                        found |= bits
        return found

    def _by_literals(self, lowered: str) -> int:
        found = 0
        for mark, bits in self._marks.items():
            if mark in lowered:
                found |= bits
        if not lowered.isascii():
            for word, bits in self._foreign.items():
                if word in lowered:
                    found |= bits
        return found | self._by_words(lowered)

    def _by_words(self, lowered: str) -> int:
        known = self._words
        found = 0
        for word in set(_WORD.findall(lowered)):
            try:
                judged = known[word]
            except KeyError:
                judged = self._remember(word)
            found |= judged.rules
            for phrase, bits in judged.phrases:
                if phrase in lowered:
                    found |= bits
        return found

    def _remember(self, word: str) -> _Judged:
        rules = self._whole.get(word, 0)
        phrases: list[tuple[str, int]] = []
        if ending := self._endings.get(word):
            phrases.append((f".{word}", ending))
        for part in set(self._parts_of(word)):
            rules |= self._inside.get(part, 0)
            phrases += self._phrases.get(part, {}).items()
        if len(self._words) > _MOST_REMEMBERED:
            self._words.clear()
        return self._words.setdefault(word, _Judged(rules, tuple(phrases)))

    def _parts_of(self, word: str) -> Iterator[str]:
        """The literals of letters alone, whole or as parts of others, in a word."""
        for at in range(len(word)):
            for size in (1, 2):
                for part in self._parts.get(word[at : at + size], ()):
                    if word.startswith(part, at):
                        yield part


def _by_beginning(parts: Iterable[str]) -> dict[str, list[str]]:
    """Literals by their first two letters, or their only one."""
    grouped: dict[str, list[str]] = {}
    for part in parts:
        grouped.setdefault(part[:2], []).append(part)
    return grouped


def _by_marker(
    rules: Iterable[Rule],
) -> Iterator[tuple[str, int, list[tuple[str, int]]]]:
    """Outlines by a mark they have in common, and how often it must occur."""
    shapes: dict[str, int] = {}
    for number, rule in enumerate(rules):
        for outline in rule.outlines:
            shapes[outline] = shapes.get(outline, 0) | 1 << number
    grouped: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for outline, bits in shapes.items():
        marks = [
            mark for mark in "+:-_." if mark in outline[:-1] or mark in outline[1:]
        ]
        marker = marks[0] if marks else max(re.findall(r"\w+", outline), key=len)
        key = (marker, outline.count(marker))
        grouped.setdefault(key, []).append((outline, bits))
    for (marker, times), found in grouped.items():
        yield marker, times, found
