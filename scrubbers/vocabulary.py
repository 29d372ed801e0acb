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

EDGE = "\n"
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
        beside: The rules that a literal with marks of its own may speak for in it.
        denied: The rules that find nothing in such a line.
    """

    is_plain: bool
    rules: int = 0
    outlines: int = 0
    beside: int = 0
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
            only beside the right marks; those of literals twice as far.
    """

    __slots__ = (
        "_besides",
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
        self._besides: list[tuple[str, int]] = []
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
        # Of needs and outlines one each must be there: one kind is enough to tell.
        needs = () if rule.outlines else rule.needs
        for literal in (*needs, *rule.keywords):
            if literal.isascii() and not NOT_PLAIN.search(literal):
                self._enter_literal(literal, bit, rule)
        for outline in rule.outlines:
            if not NOT_PLAIN.search(outline):
                self._enter_outline(outline, bit)

    def _enter_literal(self, literal: str, bit: int, rule: Rule) -> None:
        runs = list(_LETTERS.finditer(literal))
        residue = PIECE.sub("", literal)
        if not runs and residue != literal:
            self._enter_outline(literal.translate(OUTLINE), bit)
            return
        if not runs:
            self._marks.append((literal, bit))
            return
        if residue:
            self._besides.append((residue, bit))
            bit <<= 2 * self.masked
        run = max(runs, key=lambda each: each.end() - each.start())
        around = next(
            piece
            for piece in PIECE.finditer(literal)
            if piece.start() <= run.start() < piece.end()
        )
        is_first = run.start() == 0
        for piece in _pieces(literal, around, rule):
            self._letters.file(
                run.group(),
                "" if piece == run.group() else piece,
                bit,
                left=not is_first or rule.before is not None,
                # A host's ending is the whole of its last word, as its pattern says.
                right=run.end() < len(literal) or rule.ends or literal[0] == ".",
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
        short = self._shortened(list(outlines))
        new = [outline for outline in {*short.values()} if outline not in known]
        known.update(dict.fromkeys(new, 0))
        for outline, filed in self._outlines.met(new).items():
            known[outline] = _judged(filed).rules
        return {
            each: bits for each, outline in short.items() if (bits := known[outline])
        }

    def _shortened(self, outlines: list[str]) -> dict[str, str]:
        """Outlines with long words only as long as any rule can tell."""
        shortened = self._long_run.sub("a" * self._longest, "\n".join(outlines))
        return dict(zip(outlines, shortened.split("\n"), strict=False))

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
            is_plain=True,
            rules=rules & ~denied,
            outlines=outlines,
            beside=self.beside(marks),
            denied=denied,
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

    def beside(self, marks: str) -> int:
        """The rules that a literal may speak for whose marks are among these."""
        met = 0
        for residue, bit in self._besides:
            if residue in marks:
                met |= bit
        return met


def _pieces(literal: str, around: re.Match[str], rule: Rule) -> list[str]:
    """How a piece of a literal may stand in a chunk between two ``EDGE``."""
    piece = around.group()
    if around.end() < len(literal) or rule.ends:
        piece += EDGE
    if around.start() > 0:
        return [EDGE + piece]
    if rule.before is None:
        return [piece]
    return [before + piece for before in (EDGE, *rule.before)]


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
