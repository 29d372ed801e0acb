"""Look over a whole text at once, and tell which of its lines have nothing to find.

Texts of a program repeat their words, not their lines. So a text is taken apart into
chunks (runs of letters, digits and ``_+.-``) and what stands between them, each
distinct one is judged once and remembered, and a line is innocent if all it is made of
is. Where a chunk speaks for a few rules, only these are asked about its line.

What is said here of a line is always less than the rules say: a line that is not
called innocent is looked at in full.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from scrubbers.ciphers import hiding, tokens_of
from scrubbers.decoding import QUOTED_ALONE, may_be_escaped
from scrubbers.rule import OUTLINE, Subject, occurs
from scrubbers.rules.credentials import announces_value
from scrubbers.rules.paths import PATHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scrubbers.rule import Rule, Span
    from scrubbers.rules.identities import KnownPerson
    from scrubbers.vocabulary import Judged, Punctuation, Vocabulary

_CHUNK = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_+.-"
_TO_CHUNKS = bytes(
    code if code in _CHUNK or code in b"/\n" else 32 for code in range(256)
)
_TO_WORDS = dict.fromkeys(map(ord, "0123456789_+.-"), 32)
# As an escape ("=3D", "=1B", "=41=") would begin after its sign.
_LIKE_ESCAPE = re.compile(rf"^(?=(?:{QUOTED_ALONE}|[0-9A-F]{{2}}$)).*$", re.MULTILINE)
_IN_PATH = re.compile(r"(?!.*//)\"?[a-z0-9_+./-]*\"?")
FEW_LINES = 8
# Longer lines are data, and seldom met twice.
_LONGEST = 1_000
_MOST_REMEMBERED = 60_000


class Surveyed(NamedTuple):
    """What was seen from above.

    Attributes:
        calm: Lines in which no rule finds anything, and which announce no secret.
        chunks: The same of chunks by themselves.
        paths: Paths of traceback lines, and the rules that their folders' names speak
            for beside those of paths; the others must be looked at in full.
    """

    calm: set[str]
    chunks: set[str]
    paths: dict[str, int]


NOTHING_SEEN = Surveyed(set(), set(), {})


class Survey:
    """The judge of texts for one set of rules and one person; remembers their chunks.

    Sets of rules are numbers as in ``Vocabulary``. Above the rules' bits are those for
    the person, for what may be an escape, and for what must be looked at in full; then
    the rules again, as far as only an outline spoke for them.
    """

    __slots__ = (
        "_announcing",
        "_calm",
        "_escape",
        "_full",
        "_is_able",
        "_marks",
        "_not_in_paths",
        "_outlined",
        "_outlines_in_paths",
        "_person",
        "_person_bit",
        "_restless",
        "_rules",
        "_slashed",
        "_told",
        "_vocabulary",
    )

    def __init__(
        self, rules: tuple[Rule, ...], person: KnownPerson, vocabulary: Vocabulary
    ) -> None:
        self._rules = rules
        self._person = person
        self._vocabulary = vocabulary
        self._is_able = PATHS in rules and all(
            rule.unplain or rule.has_literals for rule in rules
        )
        self._slashed = [
            (literal, 1 << number)
            for number, rule in enumerate(rules)
            for literal in rule.needs
            if rule is not PATHS and "/" in literal and _IN_PATH.fullmatch(literal)
        ]
        self._person_bit = 1 << len(rules)
        self._escape = 2 << len(rules)
        self._full = 4 << len(rules)
        self._outlined = vocabulary.masked
        self._told = (1 << self._outlined) - 1
        self._announcing = sum(
            1 << number for number, rule in enumerate(rules) if rule.may_announce
        )
        self._not_in_paths = vocabulary.denied_by("/")
        self._outlines_in_paths = vocabulary.of_punctuation('"').outlines
        self._marks: dict[str, Punctuation] = {}
        self._restless: dict[str, int] = {}
        self._calm: set[str] = set()

    def of(self, lines: Iterable[str]) -> Surveyed:
        """Judge distinct lines together; a few are not worth it, and are not judged."""
        lines = [line for line in lines if len(line) <= _LONGEST]
        if len(lines) < FEW_LINES or not self._is_able:
            return NOTHING_SEEN
        raw = "\n".join(lines).encode("utf-8", "surrogatepass")
        chunks = raw.translate(_TO_CHUNKS).decode("ascii")
        marks = raw.translate(None, _CHUNK).decode("latin-1").split("\n")
        paths = self._meet(set(chunks.split()))
        calm = self._calm_lines(lines, chunks.split("\n"), marks)
        return Surveyed(calm, self._calm, self._judge_paths(paths))

    def _meet(self, chunks: set[str]) -> list[str]:
        """Judge the chunks that are new; returns those that are paths."""
        if len(self._calm) + len(self._restless) > _MOST_REMEMBERED:
            self._calm.clear()
            self._restless.clear()
        paths = [chunk for chunk in chunks if "/" in chunk]
        chunks.difference_update(paths)
        chunks.update("/".join(paths).split("/"))
        chunks.discard("")
        new = list(chunks - self._calm - self._restless.keys())
        if new:
            self._restless |= self._judge(new)
            self._calm.update(chunk for chunk in new if chunk not in self._restless)
        return paths

    def _judge(self, chunks: list[str]) -> dict[str, int]:
        """Those chunks that are not calm, with all that speaks in them."""
        joined = "\n".join(chunks)
        lowered = joined.lower()
        words = lowered.translate(_TO_WORDS).split("\n")
        outlines = self._vocabulary.shorten(joined.translate(OUTLINE)).split("\n")
        speaking = self._vocabulary.speaking(set(" ".join(words).split()))
        is_silent = speaking.keys().isdisjoint
        drawn = self._vocabulary.of_outlines(set(outlines))
        found: dict[str, int] = {}
        for chunk, its_words, outline in zip(chunks, words, outlines, strict=True):
            if outline in drawn:
                found[chunk] = drawn[outline]
            parts = its_words.split()
            if not is_silent(parts) and (
                bits := _spoken(speaking, parts, chunk.lower())
            ):
                found[chunk] = found.get(chunk, 0) | bits
        self._add_special(chunks, lowered.split("\n"), found)
        return found

    def _add_special(
        self, chunks: list[str], lowered: list[str], found: dict[str, int]
    ) -> None:
        """Add what is no rule's: the person, escapes, and what may hide something."""
        joined = "\n".join(chunks)
        hidden = hiding(tokens_of(joined), self._person)
        for token in hidden:
            found |= dict.fromkeys(
                [each for each in chunks if token in each], self._full
            )
        for chunk in _LIKE_ESCAPE.findall(joined):
            found[chunk] = found.get(chunk, 0) | self._escape
        near = [piece for piece in self._person.pieces if piece in joined.lower()]
        for chunk, small in zip(chunks, lowered, strict=True) if near else ():
            if occurs(near, small):
                found[chunk] = found.get(chunk, 0) | self._person_bit

    def _calm_lines(
        self, lines: list[str], chunks: list[str], marks: list[str]
    ) -> set[str]:
        known = self._marks
        if len(known) > _MOST_REMEMBERED:
            known.clear()
        for each in set(marks).difference(known):
            known[each] = self._vocabulary.of_punctuation(each)
        quiet = {each for each in set(marks) if known[each].is_quiet}
        drawn = self._drawn(lines, marks)
        is_calm = self._calm.issuperset
        calm: set[str] = set()
        for line, its_chunks, its_marks in zip(lines, chunks, marks, strict=True):
            parts = its_chunks.split()
            if (its_marks in quiet and is_calm(parts)) or self._settles(
                line, parts, known[its_marks], drawn
            ):
                calm.add(line)
        return calm

    def _drawn(self, lines: list[str], marks: list[str]) -> int:
        """The rules whose outlines over several chunks are in any of these lines."""
        spoken = drawable = 0
        for bits in self._restless.values():
            spoken |= bits
        for each in set(marks):
            drawable |= self._marks[each].outlines
        wanted = spoken >> self._outlined & drawable
        return self._vocabulary.drawn_in("\n".join(lines), wanted) if wanted else 0

    def _settles(
        self, line: str, chunks: list[str], marks: Punctuation, drawn: int
    ) -> bool:
        """Whether the few rules that something speaks for find nothing in a line."""
        if not marks.is_plain:
            return False
        found = 0
        for chunk in chunks:
            found |= self._restless.get(chunk, 0)
        found |= marks.rules | (found >> self._outlined & marks.outlines & drawn)
        found &= ~marks.denied & self._told
        if not found:
            return True
        if found & self._announcing and announces_value(line):
            return False
        return self.find_nothing(line, found)

    def settles_chunk(self, chunk: str) -> bool:
        """Whether the few rules that a chunk speaks for find nothing in it alone."""
        found = self._restless.get(chunk, self._full)
        found |= found >> self._outlined
        return self.find_nothing(chunk, found & self._told)

    def find_nothing(self, text: str, rules: int) -> bool:
        """Whether these rules find nothing in a text; if one fails, they may have."""
        if not rules:
            return True
        if rules & self._full:
            return False
        if rules & self._escape and may_be_escaped(text):
            return False
        if rules & self._person_bit and self._person.find(text):
            return False
        try:
            return not any(True for _ in self.spans(text, rules))
        except Exception:  # noqa: BLE001 - whoever looks in full will meet it again
            return False

    def spans(self, text: str, rules: int) -> Iterator[Span]:
        """What a set of rules finds in a text."""
        subject = Subject(text)
        rules &= self._person_bit - 1
        while rules:
            lowest = rules & -rules
            yield from self._rules[lowest.bit_length() - 1].spans(subject)
            rules ^= lowest

    def _of_parts(self, path: str, parts: list[str]) -> int:
        """What the parts of a path speak for; the person's home says nothing new."""
        bits = 0
        for part in parts[3:]:
            bits |= self._restless.get(part, 0)
        upper = 0
        for part in parts[1:3]:
            upper |= self._restless.get(part, 0)
        if self._person.home and path.startswith(f"{self._person.home}/"):
            upper &= ~self._person_bit
        bits |= upper
        return bits | bits >> self._outlined & self._outlines_in_paths

    def _judge_paths(self, paths: list[str]) -> dict[str, int]:
        hidden = hiding(tokens_of("\n".join(paths)), self._person)
        judged: dict[str, int] = {}
        for path in paths:
            if any(token in path for token in hidden):
                continue
            parts = path.split("/")
            if not _is_well_formed(parts):
                continue
            bits = 0
            if not self._calm.issuperset(parts[1:]):
                bits = self._of_parts(path, parts)
            for literal, bit in self._slashed:
                if literal in path.lower():
                    bits |= bit
            if not bits & (self._full | self._escape):
                bits &= ~self._not_in_paths & (2 * self._person_bit - 1)
                judged[path] = bits
        return judged


def _spoken(speaking: dict[str, Judged], words: list[str], chunk: str) -> int:
    """The rules that the words of a chunk of small letters speak for."""
    bits = 0
    for word in words:
        if (judged := speaking.get(word)) is not None:
            bits |= judged.rules
            for piece, bit in judged.pieces:
                if piece in chunk:
                    bits |= bit
    return bits


def _is_well_formed(parts: list[str]) -> bool:
    """Whether a path begins at the root, and climbs and stands still nowhere."""
    return parts[0] == "" and not any(part in {"", ".", ".."} for part in parts[1:])
