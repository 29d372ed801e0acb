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

from scrubbers.chunks import Chunks
from scrubbers.ciphers import hiding, tokens_of
from scrubbers.decoding import may_be_escaped
from scrubbers.rule import Subject
from scrubbers.rules.credentials import announces_value
from scrubbers.rules.paths import PATHS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrubbers.rule import Rule
    from scrubbers.rules.identities import KnownPerson
    from scrubbers.vocabulary import Punctuation, Vocabulary

_CHUNK = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_+.-"
_TO_CHUNKS = bytes(
    code if code in _CHUNK or code in b"/\n" else 32 for code in range(256)
)
_IN_PATH = re.compile(r"(?!.*//)\"?[a-z0-9_+./-]*\"?")
# A path in its quotes, with more slashes than any literal has.
_MARKS_OF_PATH = f'"{"/" * 16}"'
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
    the rules again, as far as only an outline spoke for them, and once more, as far as
    only a literal did that has marks of its own.
    """

    __slots__ = (
        "_announcing",
        "_any_slashed",
        "_beside_in_paths",
        "_chunks",
        "_is_able",
        "_marks",
        "_not_in_paths",
        "_outlined",
        "_outlines_in_paths",
        "_person",
        "_person_bit",
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
        self._any_slashed = _beginning_alike(each for each, _ in self._slashed)
        self._chunks = Chunks(vocabulary, person, len(rules))
        self._person_bit = self._chunks.person_bit
        self._outlined = vocabulary.masked
        self._told = (1 << self._outlined) - 1
        self._announcing = sum(
            1 << number for number, rule in enumerate(rules) if rule.may_announce
        )
        self._not_in_paths = vocabulary.denied_by("/")
        self._outlines_in_paths = vocabulary.of_punctuation('"').outlines
        self._beside_in_paths = vocabulary.beside(_MARKS_OF_PATH)
        self._marks: dict[str, Punctuation] = {}

    def of(self, lines: Iterable[str]) -> Surveyed:
        """Judge distinct lines together; a few are not worth it, and are not judged."""
        lines = [line for line in lines if len(line) <= _LONGEST]
        if len(lines) < FEW_LINES or not self._is_able:
            return NOTHING_SEEN
        raw = "\n".join(lines).encode("utf-8", "surrogatepass")
        chunks = raw.translate(_TO_CHUNKS).decode("ascii")
        marks = raw.translate(None, _CHUNK).decode("latin-1").split("\n")
        paths = self._chunks.meet(set(chunks.split()))
        calm = self._calm_lines(lines, chunks.split("\n"), marks)
        return Surveyed(calm, self._chunks.calm, self._judge_paths(paths))

    def _calm_lines(
        self, lines: list[str], chunks: list[str], marks: list[str]
    ) -> set[str]:
        known = self._marks
        if len(known) > _MOST_REMEMBERED:
            known.clear()
        for each in set(marks).difference(known):
            known[each] = self._vocabulary.of_punctuation(each)
        quiet = {each for each in set(marks) if known[each].is_quiet}
        plain = {each for each in set(marks) if known[each].is_plain}
        drawable = self._chunks.drawable
        quieter = {each for each in quiet if not known[each].outlines & drawable}
        is_calm = self._chunks.calm.issuperset
        is_calm_or_drawn = self._chunks.calm_or_drawn.issuperset
        calm: set[str] = set()
        spoken: list[tuple[str, int, Punctuation]] = []
        for line, its_chunks, its_marks in zip(lines, chunks, marks, strict=True):
            if its_marks not in plain:
                continue
            parts = its_chunks.split()
            if (its_marks in quieter and is_calm_or_drawn(parts)) or (
                its_marks in quiet and is_calm(parts)
            ):
                calm.add(line)
            else:
                spoken.append((line, self._chunks.spoken_by(parts), known[its_marks]))
        drawn = self._drawn(spoken)
        for line, bits, its in spoken:
            if self._settles(line, bits, its, drawn):
                calm.add(line)
        return calm

    def _drawn(self, spoken: list[tuple[str, int, Punctuation]]) -> int:
        """The rules whose outlines over several chunks are in any of these lines."""
        wanted = 0
        lines: list[str] = []
        for line, bits, marks in spoken:
            if its := bits >> self._outlined & marks.outlines:
                wanted |= its
                lines.append(line)
        return self._vocabulary.drawn_in("\n".join(lines), wanted) if wanted else 0

    def _settles(self, line: str, bits: int, marks: Punctuation, drawn: int) -> bool:
        """Whether the few rules that something speaks for find nothing in a line."""
        found = (
            bits
            | marks.rules
            | bits >> self._outlined & marks.outlines & drawn
            | bits >> 2 * self._outlined & marks.beside
        )
        found &= ~marks.denied & self._told
        if not found:
            return True
        if found & self._announcing and announces_value(line):
            return False
        return self.find_nothing(line, found)

    def settles_chunk(self, chunk: str) -> bool:
        """Whether the few rules that a chunk speaks for find nothing in it alone."""
        found = self._chunks.said_by(chunk)
        return self.find_nothing(chunk, found & self._told)

    def find_nothing(self, text: str, rules: int) -> bool:
        """Whether these rules find nothing in a text; if one fails, they may have."""
        if not rules:
            return True
        if rules & self._chunks.full:
            return False
        if rules & self._chunks.escape and may_be_escaped(text):
            return False
        if rules & self._person_bit and self._person.find(text):
            return False
        try:
            return self._find_nothing(Subject(text), rules & self._person_bit - 1)
        except Exception:  # noqa: BLE001 - whoever looks in full will meet it again
            return False

    def _find_nothing(self, subject: Subject, rules: int) -> bool:
        while rules:
            lowest = rules & -rules
            for _ in self._rules[lowest.bit_length() - 1].spans(subject):
                return False
            rules ^= lowest
        return True

    def _of_parts(self, path: str, parts: list[str]) -> int:
        """What the parts of a path speak for; the person's home says nothing new."""
        bits = self._chunks.spoken_by(parts[3:])
        upper = self._chunks.spoken_by(parts[1:3])
        if self._person.home and path.startswith(f"{self._person.home}/"):
            upper &= ~self._person_bit
        bits |= upper
        return (
            bits
            | bits >> self._outlined & self._outlines_in_paths
            | bits >> 2 * self._outlined & self._beside_in_paths
        )

    def _judge_paths(self, paths: list[str]) -> dict[str, int]:
        hidden = hiding(tokens_of("\n".join(paths)), self._person)
        spoken = self._spoken_over_slashes(paths)
        is_calm = self._chunks.calm.issuperset
        judged: dict[str, int] = {}
        for path in paths:
            if not hidden.isdisjoint(path.split(".")):
                continue
            parts = path.split("/")
            if not _is_well_formed(path, parts):
                continue
            bits = 0 if is_calm(parts[1:]) else self._of_parts(path, parts)
            if path in spoken:
                bits |= spoken[path]
            if not bits & (self._chunks.full | self._chunks.escape):
                bits &= ~self._not_in_paths & (2 * self._person_bit - 1)
                judged[path] = bits
        return judged

    def _spoken_over_slashes(self, paths: list[str]) -> dict[str, int]:
        """The paths in which a literal with a slash is, and its rules.

        All are searched for in all paths at once: hardly any path has one.
        """
        joined = "\n".join([*paths, ""])
        lowered = joined.lower()
        met = {
            joined[joined.rfind("\n", 0, at) + 1 : joined.find("\n", at)]
            for pattern in self._any_slashed
            for at in map(re.Match.start, pattern.finditer(lowered))
        }
        return {
            path: sum({bit for each, bit in self._slashed if each in path.lower()})
            for path in met
        }


def _beginning_alike(literals: Iterable[str]) -> list[re.Pattern[str]]:
    """Patterns of any of some literals, one for each first character.

    A pattern all of whose alternatives begin alike is searched for much faster.
    """
    grouped: dict[str, set[str]] = {}
    for literal in literals:
        grouped.setdefault(literal[0], set()).add(re.escape(literal))
    return [re.compile("|".join(sorted(each))) for each in grouped.values()]


def _is_well_formed(path: str, parts: list[str]) -> bool:
    """Whether a path begins at the root, and climbs and stands still nowhere."""
    if path[0] != "/" or path[-1] == "/" or "//" in path:
        return False
    return "/." not in path or not ("." in parts or ".." in parts)
