"""The known person: every part of an ``Identity``, in whatever letters it is written.

Texts are compared in folded form (see ``scrubbers.folding``), so case, accents,
composed or decomposed letters, look-alike scripts and invisible characters make no
difference. Long and unusual values are found anywhere, short ones as words, ordinary
ones (``test``, ``pi``) only where the surroundings say that a person is meant.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from scrubbers.decoding import hidden_bytes, readable_scraps
from scrubbers.folding import fold, fold_map
from scrubbers.ordinary import is_ordinary_value, is_ordinary_word
from scrubbers.rule import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scrubbers.identity import Identity

_ANYWHERE_FROM = 6
_PIECE = re.compile(r"[a-z0-9_+.-]+")
_PLAIN_HOME = re.compile(r"/(?:home|Users)/[A-Za-z0-9_+.-]+")
_GAP = r"[\s_.,+~-]{0,3}"
# An ordinary word names a person in a path, beside an @ and after a tilde.
_IN_STRUCTURE = (
    r"(?:(?<=[/\\~@])|(?<=\bof-))(?P<v>{needle})(?=[/\\@\"'\s:;,)]|$)"
    r"|(?<![\w.-])(?P<w>{needle})(?=@)"
)
# Neither below the library nor among the system's own folders is a login.
_LIBRARY_BEFORE = re.compile(
    r"(?:packages|/python\d[\d.]*|<stdlib>)[^\s\"']*$"
    r"|(?:^|[^\w/.>])/(?:usr/(?:local/)?)?(?:(?:s?bin|lib\w{0,4}|share|include|libexec)/[^\s\"']*)?$"
)


@dataclass(frozen=True, slots=True)
class Needle:
    """One folded form to look for.

    Attributes:
        rule: Which part of the identity it comes from.
        placeholder: What stands for it afterwards.
        literal: Text that must be there for the pattern to match.
        pattern: The form with its surroundings; group ``v`` or ``w``, or all, goes.
        structural: Whether a library folder before it makes it innocent.
    """

    rule: str
    placeholder: str
    literal: str
    pattern: str
    structural: bool = False


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile when first needed: most forms of a name never occur."""
    return re.compile(pattern)


class KnownPerson:
    """Everything to look for in one person's texts."""

    __slots__ = ("_needles", "_raw", "home", "pieces")

    def __init__(self, identity: Identity) -> None:
        self._raw = _shortest(_raw_forms(identity))
        needles = {
            (needle.pattern, needle.placeholder): needle
            for needle in _needles_of(identity)
        }
        self._needles = sorted(
            needles.values(), key=lambda needle: -len(needle.literal)
        )

        # Where the rule of paths and this say the same of a path below it.
        self.home = identity.home if _PLAIN_HOME.fullmatch(identity.home) else ""
        # Of each literal a piece without marks: where none is, no literal is.
        self.pieces = _shortest(
            max(_PIECE.findall(needle.literal), key=len, default="")
            for needle in self._needles
            if needle.literal.isascii()
        )

    def __bool__(self) -> bool:
        return bool(self._needles)

    def is_near(self, folded: str) -> bool:
        """Whether any literal occurs in a folded text; false means no spans."""
        return any(needle.literal in folded for needle in self._needles)

    def is_hidden_in(self, token: str) -> bool:
        """Whether a token of base64 names the person somewhere between other bytes."""
        raws = hidden_bytes(token)
        joined = b"\0\0".join(raws).lower()
        if not any(form in joined for form in self._raw):
            return False
        return any(map(self.find, readable_scraps(raws)))

    def places_in(self, raw: bytes) -> Iterator[int]:
        """Where bytes, their ASCII letters small, may name the person."""
        for form in self._raw:
            at = raw.find(form)
            while at >= 0:
                yield at
                at = raw.find(form, at + 1)

    def find(self, text: str) -> list[Span]:
        """All spans of a text (of any case and script) that name the person."""
        if text.isascii():
            return list(self._search(text.lower()))
        if not self.is_near(fold(text)):
            return []
        folded, starts, ends = fold_map(text)
        return [
            span._replace(start=starts[span.start], end=ends[span.end - 1])
            for span in self._search(folded)
        ]

    def _search(self, folded: str) -> Iterator[Span]:
        for needle in self._needles:
            if needle.literal not in folded:
                continue
            for match in _compiled(needle.pattern).finditer(folded):
                group = match.lastgroup or 0
                start, end = match.span(group)
                if needle.structural and _LIBRARY_BEFORE.search(
                    folded, max(0, start - 200), start
                ):
                    continue
                yield Span(start, end, needle.rule, needle.placeholder)


def _needles_of(identity: Identity) -> Iterator[Needle]:
    for user in (identity.user, *identity.of_kind("user")):
        yield from _word_needles("user", "<user>", user)
    for path in (identity.home, *identity.of_kind("home")):
        home = path.rstrip("/\\")
        if len(home.strip("/\\")) > 1:
            yield from _anywhere("path", "<home>", home)
            yield from _word_needles("user", "<user>", re.split(r"[/\\]", home)[-1])
    for name in (identity.full_name, *identity.of_kind("git_name")):
        yield from _name_needles(name)
    for email in (identity.email, *identity.of_kind("git_email")):
        if "@" in email:
            yield from _anywhere("email", "<email>", email)
            yield from _word_needles("user", "<user>", email.partition("@")[0])
    yield from _anywhere("host", "<host>", identity.fqdn)
    for host in {
        identity.host,
        identity.host.partition(".")[0],
        identity.fqdn.partition(".")[0],
    }:
        yield from _word_needles("host", "<host>", host)
    yield from _extra_needles(identity)


def _extra_needles(identity: Identity) -> Iterator[Needle]:
    for value in identity.of_kind("ip"):
        yield from _anywhere("ip", "<ip>", value)
    for value in identity.of_kind("mac"):
        pairs = re.findall(r"[0-9a-f]{2}", value.lower())
        if len(pairs) == 6:
            pattern = "[:-]?".join(pairs)
            yield Needle("mac", "<mac>", pairs[0], pattern)
    for value in identity.of_kind("machine_id"):
        yield from _anywhere("machine", "<secret>", value)
    for value in identity.of_kind("argument", "environment"):
        for part in {value, *value.split(":")}:
            if not is_ordinary_value(part):
                yield from _word_needles("value", "<secret>", part)


def _raw_forms(identity: Identity) -> Iterator[bytes]:
    """How the person's words look in bytes of text, their ASCII letters small."""
    for value in _words_of(identity):
        for case in {value, value.lower(), value.upper(), value.title()}:
            for form in ("NFC", "NFD"):
                text = unicodedata.normalize(form, case)
                # Invisible characters may stand between letters: one that is no ASCII
                # is enough to look closer.
                text = next((c for c in text if not c.isascii()), text)
                for encoding in ("utf-8", "utf-16-le"):
                    yield text.encode(encoding, "surrogatepass").lower()


def _words_of(identity: Identity) -> Iterator[str]:
    wholes = (identity.user, identity.host, identity.fqdn, identity.email)
    extras = (value for _, value in identity.extra)
    for value in (*wholes, identity.home, identity.full_name, *extras):
        for word in re.split(r"[\s/\\,.:@-]+", value):
            if len(word) > 1:
                yield word


_Form = TypeVar("_Form", str, bytes)


def _shortest(forms: Iterable[_Form]) -> tuple[_Form, ...]:
    """Those forms that hold no other of them: finding these finds all."""
    kept: list[_Form] = []
    for form in sorted(set(forms), key=len):
        if not any(shorter in form for shorter in kept):
            kept.append(form)
    return tuple(kept)


def _anywhere(rule: str, placeholder: str, value: str) -> Iterator[Needle]:
    for form in _forms(value):
        if len(form) > 1:
            edge = r"(?![^\W_])" if form[0] in "/\\" else ""
            yield Needle(rule, placeholder, form, re.escape(form) + edge)


def _word_needles(rule: str, placeholder: str, value: str) -> Iterator[Needle]:
    for form in _forms(value):
        escaped = re.escape(form)
        if is_ordinary_word(form):
            pattern = _IN_STRUCTURE.format(needle=escaped)
            yield Needle(rule, placeholder, form, pattern, structural=True)
        elif len(form) >= _ANYWHERE_FROM or not form.isascii():
            yield Needle(rule, placeholder, form, escaped)
        else:
            pattern = rf"(?<![^\W\d_]){escaped}(?=s?(?![^\W\d_]))"
            yield Needle(rule, placeholder, form, pattern)


def _name_needles(name: str) -> Iterator[Needle]:
    for form in _forms(name):
        words = [word for word in re.split(r"[\s,.]+", form) if word]
        if len(words) < 2:
            yield from _word_needles("name", "<name>", form)
            continue
        first, last = words[0], words[-1]
        for order in (words, words[::-1], [last, *words[:-1]], [last, first]):
            pattern = _GAP.join(map(re.escape, order))
            yield Needle("name", "<name>", order[0], pattern)
        # A name in the middle may be left out, or be there as a letter alone.
        middle = rf"{_GAP}(?:[^\W\d_]\.?{_GAP})?"
        pattern = re.escape(first) + middle + re.escape(last)
        yield Needle("name", "<name>", first, pattern)
        yield from _initials(words[0], words[-1])
        for word in words:
            if not is_ordinary_word(word):
                yield from _word_needles("name", "<name>", word)


def _initials(first: str, last: str) -> Iterator[Needle]:
    """Logins people make of their names: ``asmith``, ``a.smith``, ``alices``."""
    if len(last) >= 4 and first.isascii() and last.isascii():
        pattern = rf"(?<![^\W_]){re.escape(first[0])}(?:[._-]|\. )?{re.escape(last)}"
        yield Needle("name", "<name>", last, pattern)
    if len(first) >= 4 and first.isascii() and last.isascii():
        pattern = rf"(?<![^\W_]){re.escape(first)}[._-]?{re.escape(last[0])}(?![^\W_])"
        yield Needle("name", "<name>", first, pattern)


def _forms(value: str) -> Iterable[str]:
    """The folded value, and how it reads when its UTF-8 is taken for Latin-1."""
    value = value.strip()
    if not value:
        return ()
    forms = [fold(value)]
    if not value.isascii():
        raw = value.encode("utf-8", "surrogatepass")
        forms.append(fold(raw.decode("latin-1")))
        forms.append(fold(raw.decode("cp1252", "replace")))
    return dict.fromkeys(form for form in forms if form and "\ufffd" not in form)
