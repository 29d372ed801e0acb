"""Tell cheaply that a line has nothing to find: most lines of a report have not.

Looking at a line with all rules takes some hundred microseconds. A line is innocent
without that if it has only plain characters, no literal that any rule needs, no
known name, and no word long enough to hide something. What the rules need is known to
``Screen``; in doubt a line is not innocent, and is looked at in full.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scrubbers.decoding import hidden_texts, may_be_escaped
from scrubbers.rule import Subject
from scrubbers.rules.entropy import is_random
from scrubbers.rules.tokens import is_issued

if TYPE_CHECKING:
    from scrubbers.rules.identities import KnownPerson
    from scrubbers.screen import Screen

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 \t,()\[\]{}'\"=:<>!?*^;.|_#+`-]")
_LONG_TOKEN = re.compile(r"[A-Za-z0-9+_-]{8,}={0,2}")
# Underlinings of source code in tracebacks.
_MARKERS = re.compile(r"[ ~^]*")
_MOST_REMEMBERED = 20_000
# Longer lines are data, and seldom met twice.
_LONGEST = 1_000


class Innocence:
    """The cheap test for one set of rules and one person; remembers tokens it met."""

    __slots__ = ("_person", "_screen", "_tokens")

    def __init__(self, screen: Screen, person: KnownPerson) -> None:
        self._screen = screen
        self._person = person
        self._tokens: dict[str, bool] = {}

    def holds(self, line: str) -> bool:
        """Whether no rule can find anything in this line. False means: look."""
        if len(line) > _LONGEST:
            return False
        if _NOT_PLAIN.search(line):
            return _MARKERS.fullmatch(line) is not None
        if line.count(":") > 1 and ("::" in line or line.count(":") > 5):
            return False
        if ("=" in line or "^[" in line) and may_be_escaped(line):
            return False
        subject = Subject(line)
        if self._person and self._person.is_near(subject.lowered):
            return False
        return not self._screen.telling(subject) and self._has_plain_tokens(line)

    def _has_plain_tokens(self, line: str) -> bool:
        for token in _LONG_TOKEN.findall(line):
            if token.isalpha() and token.islower() and len(token) < 16:
                continue
            plain = self._tokens.get(token)
            if plain is None:
                plain = self._remember(token, plain=self._hides_nothing(token))
            if not plain:
                return False
        return True

    def _hides_nothing(self, token: str) -> bool:
        if (len(token) >= 16 and is_random(token)) or is_issued(token):
            return False
        if hidden_texts(token):
            return False
        return not (self._person and self._person.is_hidden_in(token))

    def _remember(self, token: str, *, plain: bool) -> bool:
        if len(self._tokens) > _MOST_REMEMBERED:
            self._tokens.clear()
        self._tokens[token] = plain
        return plain
