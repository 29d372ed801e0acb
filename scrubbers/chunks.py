"""Chunks: what a line is made of between its marks, each judged once and remembered.

A chunk is a run of letters, digits and ``_+.-``. New ones are judged all together, by
what costs next to nothing for each: translation tables, ``str.split`` and patterns that
run over all of them at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scrubbers.ciphers import hiding, tokens_of
from scrubbers.decoding import QUOTED_ALONE
from scrubbers.rule import OUTLINE
from scrubbers.vocabulary import EDGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrubbers.rules.identities import KnownPerson
    from scrubbers.vocabulary import Judged, Vocabulary

_TO_WORDS = dict.fromkeys(map(ord, "0123456789_+.-"), 32)
# As an escape ("=3D", "=1B", "=41=") would begin after its sign.
_LIKE_ESCAPE = re.compile(rf"\n(?:{QUOTED_ALONE}|[0-9A-F]{{2}}(?=\n))")
_MOST_REMEMBERED = 60_000


class Chunks:
    """The chunks met so far.

    Sets of rules are numbers as in ``Vocabulary``; see ``Survey`` for their other bits.

    Attributes:
        calm: Those that speak for nothing.
        calm_or_drawn: The same, and those with an outline that means something beside
            some marks only, as numbers have it.
        drawable: The rules to which such an outline may mean something.
        person_bit: What a chunk says that may name the person.
        escape: What one says that, after a ``=``, would be an escape.
        full: What one says whose lines must be looked at in full.
    """

    __slots__ = (
        "_outlined",
        "_person",
        "_restless",
        "_vocabulary",
        "calm",
        "calm_or_drawn",
        "drawable",
        "escape",
        "full",
        "person_bit",
    )

    def __init__(self, vocabulary: Vocabulary, person: KnownPerson, rules: int) -> None:
        self._vocabulary = vocabulary
        self._person = person
        self._outlined = ((1 << vocabulary.masked) - 1) << vocabulary.masked
        self._restless: dict[str, int] = {}
        self.calm: set[str] = set()
        self.calm_or_drawn: set[str] = set()
        self.drawable = 0
        self.person_bit = 1 << rules
        self.escape = 2 << rules
        self.full = 4 << rules

    def spoken_by(self, chunks: list[str]) -> int:
        """All that some chunks say; ``meet`` must have met them."""
        bits = 0
        restless = self._restless
        for chunk in chunks:
            if chunk in restless:
                bits |= restless[chunk]
        return bits

    def said_by(self, chunk: str) -> int:
        """The same of one; what was never met must be looked at in full."""
        return 0 if chunk in self.calm else self._restless.get(chunk, self.full)

    def meet(self, chunks: set[str]) -> list[str]:
        """Judge the chunks that are new; returns those that are paths."""
        if len(self.calm) + len(self._restless) > _MOST_REMEMBERED:
            self._forget()
        paths = [chunk for chunk in chunks if "/" in chunk]
        chunks.difference_update(paths)
        chunks.update("/".join(paths).split("/"))
        chunks.discard("")
        new = list(chunks.difference(self.calm).difference(self._restless))
        if new:
            self._remember(new, self._judge(new))
        return paths

    def _forget(self) -> None:
        self.calm.clear()
        self.calm_or_drawn.clear()
        self.drawable = 0
        self._restless.clear()

    def _remember(self, new: list[str], judged: dict[str, int]) -> None:
        self._restless |= judged
        self.calm.update(new)
        self.calm.difference_update(judged)
        self.calm_or_drawn.update(new)
        for chunk, bits in judged.items():
            if bits & ~self._outlined:
                self.calm_or_drawn.discard(chunk)
            else:
                self.drawable |= bits >> self._vocabulary.masked

    def _judge(self, chunks: list[str]) -> dict[str, int]:
        """Those chunks that are not calm, with all that speaks in them."""
        joined = "\n".join(chunks)
        lowered = joined.lower()
        words = lowered.translate(_TO_WORDS).split("\n")
        outlines = joined.translate(OUTLINE).split("\n")
        speaking = self._vocabulary.speaking(set(" ".join(words).split()))
        is_silent = speaking.keys().isdisjoint
        drawn = self._vocabulary.of_outlines(set(outlines))
        found: dict[str, int] = {}
        if drawn:
            for chunk, outline in zip(chunks, outlines, strict=True):
                if outline in drawn:
                    found[chunk] = drawn[outline]
        for chunk, its_words in zip(chunks, words, strict=True):
            parts = its_words.split()
            if not is_silent(parts) and (
                bits := _spoken(speaking, parts, f"{EDGE}{chunk.lower()}{EDGE}")
            ):
                found[chunk] = found.get(chunk, 0) | bits
        self._add_special(chunks, joined, lowered, found)
        return found

    def _add_special(
        self, chunks: list[str], joined: str, lowered: str, found: dict[str, int]
    ) -> None:
        """Add what is no rule's: the person, escapes, and what may hide something."""
        if hidden := hiding(tokens_of(joined), self._person):
            # A full stop is all that a chunk may have and a token may not.
            for chunk in chunks:
                if chunk in hidden or (
                    "." in chunk and not hidden.isdisjoint(chunk.split("."))
                ):
                    found[chunk] = self.full
        for match in _LIKE_ESCAPE.finditer(f"\n{joined}\n"):
            end = joined.find("\n", match.start())
            chunk = joined[match.start() : end if end > 0 else None]
            found[chunk] = found.get(chunk, 0) | self.escape
        for piece in self._person.pieces:
            for start, end in lines_with(piece, lowered):
                chunk = joined[start:end]
                found[chunk] = found.get(chunk, 0) | self.person_bit


def _spoken(speaking: dict[str, Judged], words: list[str], chunk: str) -> int:
    """The rules that the words of a chunk of small letters, in its edges, speak for."""
    bits = 0
    for word in words:
        if (judged := speaking.get(word)) is not None:
            bits |= judged.rules
            for piece, bit in judged.pieces:
                if piece in chunk:
                    bits |= bit
    return bits


def lines_with(needle: str, text: str) -> Iterator[tuple[int, int]]:
    """Where the lines of a text begin and end in which a needle is."""
    at = text.find(needle)
    while at >= 0:
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        yield text.rfind("\n", 0, at) + 1, end
        at = text.find(needle, end + 1)
