"""Which rules the words and marks of a text speak for, told of each word but once.

A text is taken as chunks (runs of letters, digits and ``_+.-``) and what stands
between them. Each rule says which literals it needs (see ``Rule``); here every literal
is filed under the longest piece of it that lies within one chunk, with what must stand
between chunks beside it. So a line can be judged from what is remembered of its chunks
and of its punctuation, without looking at its characters.

Rules are bits of a number, in their order. What needs characters that are not plain
(see ``innocence``) is not filed: lines with such characters are never judged here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from scrubbers.rule import OUTLINE, occurs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scrubbers.rule import Rule

PIECE = re.compile(r"[A-Za-z0-9_+.-]+")
NOT_PLAIN = re.compile(r"[^A-Za-z0-9 \t,()\[\]{}'\"=:<>!?*^;.|_#+`-]")
_RUN = re.compile(r"a+").findall
_LETTERS = re.compile(r"[a-z]+")
# Bits above the rules' that are not used here.
_OTHERS = 3
_MOST_REMEMBERED = 20_000


class Judged(NamedTuple):
    """What one word says: rules it suffices for, and pieces that may be around it."""

    rules: int
    pieces: tuple[tuple[str, int], ...]


class Punctuation(NamedTuple):
    """What stands between the chunks of a line says.

    Attributes:
        is_plain: Whether all of it is plain; if not, nothing else is told.
        rules: The rules that this alone speaks for.
        outlines: The rules that an outline may speak for in such a line.
        denied: The rules that find nothing in such a line.
    """

    is_plain: bool
    rules: int = 0
    outlines: int = 0
    denied: int = 0

    @property
    def is_quiet(self) -> bool:
        """Whether the chunks alone decide about such a line."""
        return self.is_plain and not self.rules


class _Filed:
    """Literals by how they stand in a run of characters: at its ends, or anywhere."""

    __slots__ = ("_sizes", "anywhere", "ends", "exact", "starts")

    def __init__(self) -> None:
        self._sizes: set[int] = set()
        self.exact: dict[str, list[tuple[str, int]]] = {}
        self.starts: dict[str, list[tuple[str, int]]] = {}
        self.ends: dict[str, list[tuple[str, int]]] = {}
        self.anywhere: dict[str, list[tuple[str, int]]] = {}

    def file(self, run: str, piece: str, bit: int, *, left: bool, right: bool) -> None:
        """Enter a literal; ``left`` and ``right`` say that the run must end there."""
        if left:
            kept = self.exact if right else self.starts
        else:
            kept = self.ends if right else self.anywhere
        if left != right:
            self._sizes.add(len(run))
        kept.setdefault(run, []).append((piece, bit))

    def met(self, runs: list[str]) -> dict[str, list[tuple[str, int]]]:
        """What is filed under anything that some runs of characters hold.

        A literal is searched for in all of them at once: that is faster than asking
        one run for all literals, however cleverly.
        """
        found = {run: [*self.exact[run]] for run in runs if run in self.exact}
        for run in runs if self.starts or self.ends else ():
            for size in self._sizes:
                if filed := self.starts.get(run[:size]):
                    found.setdefault(run, []).extend(filed)
                if filed := self.ends.get(run[-size:]):
                    found.setdefault(run, []).extend(filed)
        joined = "\n".join([*runs, ""])
        for literal, filed in self.anywhere.items():
            for run in _holding(joined, literal):
                found.setdefault(run, []).extend(filed)
        return found


def _holding(joined: str, needle: str) -> Iterator[str]:
    """The lines of a text in which a needle is."""
    at = joined.find(needle)
    while at >= 0:
        end = joined.find("\n", at)
        yield joined[joined.rfind("\n", 0, at) + 1 : end]
        at = joined.find(needle, end)


class Vocabulary:
    """All that a list of rules needs; remembers the words and outlines it met.

    Attributes:
        masked: How far the bits of those rules are shifted that an outline speaks for
            only beside the right marks.
    """

    __slots__ = (
        "_between",
        "_letters",
        "_long_run",
        "_longest",
        "_marks",
        "_outlines",
        "_residues",
        "_shapes",
        "_words",
        "masked",
    )

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.masked = len(rules) + _OTHERS
        self._letters = _Filed()
        self._outlines = _Filed()
        self._between: list[tuple[tuple[str, ...], int]] = []
        self._marks: list[tuple[str, int]] = []
        self._residues: list[tuple[str, str, int]] = []
        self._words: dict[str, Judged] = {}
        self._shapes: dict[str, int] = {}
        runs = [run for rule in rules for each in rule.outlines for run in _RUN(each)]
        self._longest = 1 + max(map(len, runs), default=0)
        self._long_run = re.compile(f"a{{{self._longest + 1},}}")
        for number, rule in enumerate(rules):
            self._enter(rule, 1 << number)

    def _enter(self, rule: Rule, bit: int) -> None:
        for word in rule.whole:
            self._letters.file(word, "", bit, left=True, right=True)
        if rule.between:
            self._between.append((rule.between, bit))
        for literal in (*rule.needs, *rule.keywords):
            if literal.isascii() and not NOT_PLAIN.search(literal):
                self._enter_literal(literal, bit)
        for outline in rule.outlines:
            if not NOT_PLAIN.search(outline):
                self._enter_outline(outline, bit)

    def _enter_literal(self, literal: str, bit: int) -> None:
        runs = list(_LETTERS.finditer(literal))
        if not runs:
            self._marks.append((PIECE.sub("", literal), bit))
            return
        run = max(runs, key=lambda each: each.end() - each.start())
        around = next(
            piece.group()
            for piece in PIECE.finditer(literal)
            if piece.start() <= run.start() < piece.end()
        )
        self._letters.file(
            run.group(),
            "" if around == run.group() else around,
            bit,
            left=run.start() > 0,
            # A host's ending is the whole of its last word, as the rule's pattern says.
            right=run.end() < len(literal) or literal[0] == ".",
        )

    def _enter_outline(self, outline: str, bit: int) -> None:
        # Before a text an outline has a space that the text has not.
        residue = PIECE.sub("", outline.removeprefix(" "))
        if residue:
            self._residues.append((residue, outline, bit))
            bit <<= self.masked
        _, left, right, piece = max(
            (
                each.end() - each.start(),
                each.start() > 0,
                each.end() < len(outline),
                each.group(),
            )
            for each in PIECE.finditer(outline)
        )
        self._outlines.file(piece, "", bit, left=left, right=right)

    def speaking(self, words: set[str]) -> dict[str, Judged]:
        """Those of some words of small letters that speak for any rule."""
        if len(self._words) > _MOST_REMEMBERED:
            self._words.clear()
        known = self._words
        new = [word for word in words if word not in known]
        known.update(dict.fromkeys(new, _NOTHING))
        for word, filed in self._letters.met(new).items():
            known[word] = _judged(filed)
        return {
            word: judged for word in words if (judged := known[word]) is not _NOTHING
        }

    def of_outlines(self, outlines: set[str]) -> dict[str, int]:
        """The rules that the outlines of chunks may speak for, as far as they do."""
        if len(self._shapes) > _MOST_REMEMBERED:
            self._shapes.clear()
        known = self._shapes
        new = [outline for outline in outlines if outline not in known]
        known.update(dict.fromkeys(new, 0))
        for outline, filed in self._outlines.met(new).items():
            known[outline] = _judged(filed).rules
        return {outline: bits for outline in outlines if (bits := known[outline])}

    def shorten(self, outlines: str) -> str:
        """Outlines whose long words are only as long as any rule can tell."""
        return self._long_run.sub("a" * self._longest, outlines)

    def of_punctuation(self, marks: str) -> Punctuation:
        """What the characters between the chunks of a line say, put side by side."""
        # An escape character in letters (^[) is none of the marks that rules need.
        if NOT_PLAIN.search(marks) or "^[" in marks:
            return Punctuation(is_plain=False)
        rules = outlines = 0
        denied = self.denied_by(marks)
        for mark, bit in self._marks:
            if mark in marks:
                rules |= bit
        for residue, _, bit in self._residues:
            if residue in marks:
                outlines |= bit
        return Punctuation(
            is_plain=True, rules=rules & ~denied, outlines=outlines, denied=denied
        )

    def drawn_in(self, text: str, rules: int) -> int:
        """Those of some rules for which such an outline is in a text, line by line."""
        outline = f" {text.translate(OUTLINE)}".replace("\n", "\n ")
        drawn = 0
        for _, each, bit in self._residues:
            if bit & rules & ~drawn and each in outline:
                drawn |= bit
        return drawn

    def denied_by(self, marks: str) -> int:
        """The rules that need a mark which is not among these."""
        denied = 0
        for needed, bit in self._between:
            if not occurs(needed, marks):
                denied |= bit
        return denied


def _judged(filed: Iterable[tuple[str, int]]) -> Judged:
    rules = 0
    pieces: list[tuple[str, int]] = []
    for piece, bit in filed:
        if piece:
            pieces.append((piece, bit))
        else:
            rules |= bit
    return Judged(rules, tuple(pieces))


_NOTHING = Judged(0, ())
