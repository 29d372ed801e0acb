"""Tell cheaply that a line has nothing to find: most lines of a report have not.

Looking at a line with all rules takes some hundred microseconds. A line is innocent
without that if it has only plain characters, no literal that any rule needs, no
known name, and no word long enough to hide something. What the rules need is taken
from the rules themselves, so a new rule is heeded without a change here; in doubt a
line is not innocent, and is looked at in full.
"""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, Final

from scrubbers.decoding import hidden_scraps, hidden_texts, may_be_escaped
from scrubbers.rule import Subject, occurs
from scrubbers.rules.entropy import is_random
from scrubbers.rules.tokens import is_issued

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrubbers.rule import Rule
    from scrubbers.rules.identities import KnownPerson

_PLAIN: Final = frozenset(
    string.ascii_letters + string.digits + " \t,()[]{}'\"=:<>!?*^;.|-_#+`"
)
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 \t,()\[\]{}'\"=:<>!?*^;.|_#+`-]")
_WORD = re.compile(r"[a-z]+")
_LONG_TOKEN = re.compile(r"[A-Za-z0-9+_-]{8,}={0,2}")
# Underlinings of source code in tracebacks.
_MARKERS = re.compile(r"[ ~^]*")
# Needs so frequent that the shapes and counts above decide instead.
_EVERYWHERE: Final = frozenset({".", ":"})
_MOST_REMEMBERED = 20_000
# Longer lines are data, and seldom met twice.
_LONGEST = 1_000


class Innocence:
    """The cheap test for one set of rules and one person; remembers words it met."""

    __slots__ = (
        "_endings",
        "_inside",
        "_person",
        "_phrases",
        "_shapes",
        "_verdicts",
        "_whole",
    )

    def __init__(self, rules: tuple[Rule, ...], person: KnownPerson) -> None:
        self._person = person
        self._whole = frozenset(word for rule in rules for word in rule.whole)
        literals = {each for rule in rules for each in (*rule.needs, *rule.keywords)}
        possible = {each for each in literals if _PLAIN.issuperset(each)}
        self._inside = tuple(each for each in possible if each.isalpha())
        self._endings = frozenset(
            each[1:] for each in possible if each[0] == "." and each[1:].isalpha()
        )
        phrases = possible.difference(
            self._inside, (f".{end}" for end in self._endings)
        )
        self._phrases = _by_word(phrases - _EVERYWHERE)
        self._shapes = _by_marker(each for rule in rules for each in rule.outlines)
        # What to look for in the line because of a word; None: the line is guilty.
        self._verdicts: dict[str, tuple[str, ...] | None] = {}

    def holds(self, line: str) -> bool:
        """Whether no rule can find anything in this line. False means: look."""
        if len(line) > _LONGEST:
            return False
        if _NOT_PLAIN.search(line):
            return _MARKERS.fullmatch(line) is not None
        if line.count(":") > 1 and ("::" in line or line.count(":") > 5):
            return False
        if "=" in line and may_be_escaped(line):
            return False
        subject = Subject(line)
        if self._has_shape(subject.outline):
            return False
        if self._person and self._person.is_near(subject.lowered):
            return False
        return self._has_plain_words(subject.lowered) and self._has_plain_tokens(line)

    def _has_shape(self, outline: str) -> bool:
        for marker, times, outlines in self._shapes:
            if outline.count(marker) >= times and occurs(outlines, outline):
                return True
        return False

    def _has_plain_words(self, lowered: str) -> bool:
        verdicts = self._verdicts
        if occurs(self._phrases.get("", ()), lowered):
            return False
        suspects: set[str] = set()
        for word in _WORD.findall(lowered):
            try:
                phrases = verdicts[word]
            except KeyError:
                phrases = self._remember(word, self._judge(word))
            if phrases is None:
                return False
            if phrases:
                suspects.update(phrases)
        return not (suspects and occurs(tuple(suspects), lowered))

    def _judge(self, word: str) -> tuple[str, ...] | None:
        if word in self._whole or occurs(self._inside, word):
            return None
        phrases = [f".{word}"] if word in self._endings else []
        for part, suspects in self._phrases.items():
            if part and part in word:
                phrases += suspects
        return tuple(phrases)

    def _has_plain_tokens(self, line: str) -> bool:
        verdicts = self._verdicts
        for token in _LONG_TOKEN.findall(line):
            if token.isalpha() and token.islower() and len(token) < 16:
                continue
            key = f"={token}"
            try:
                verdict = verdicts[key]
            except KeyError:
                verdict = self._remember(
                    key, () if self._hides_nothing(token) else None
                )
            if verdict is None:
                return False
        return True

    def _hides_nothing(self, token: str) -> bool:
        if (len(token) >= 16 and is_random(token)) or is_issued(token):
            return False
        if hidden_texts(token):
            return False
        return not (self._person and any(map(self._person.find, hidden_scraps(token))))

    def _remember(
        self, key: str, verdict: tuple[str, ...] | None
    ) -> tuple[str, ...] | None:
        if len(self._verdicts) > _MOST_REMEMBERED:
            self._verdicts.clear()
        self._verdicts[key] = verdict
        return verdict


def _by_word(phrases: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Phrases by their longest word, which is enough to know that one may be there."""
    grouped: dict[str, tuple[str, ...]] = {}
    for phrase in phrases:
        longest = max(_WORD.findall(phrase) or [""], key=len)
        grouped[longest] = (*grouped.get(longest, ()), phrase)
    return grouped


def _by_marker(outlines: Iterable[str]) -> list[tuple[str, int, tuple[str, ...]]]:
    """Outlines by a mark they have in common, and how often it must occur."""
    grouped: dict[tuple[str, int], tuple[str, ...]] = {}
    for outline in outlines:
        marks = [mark for mark in "+:-." if mark in outline[:-1] or mark in outline[1:]]
        marker = marks[0] if marks else max(re.findall(r"\w+", outline), key=len)
        key = (marker, outline.count(marker))
        grouped[key] = (*grouped.get(key, ()), outline)
    return [(marker, times, found) for (marker, times), found in grouped.items()]
