"""Whether a short piece of text names the person this machine belongs to."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from scrubbers import scrub

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrubbers import Identity

_NAMING_KINDS = ("machine_id", "ip", "mac", "git_name", "git_email")
_TOKEN = re.compile(r"[^\W_]+")
_SHAPE = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.+@-]{0,63}", re.ASCII)
_LONG = 5


class Innocence:
    """Judges text for one identity; verdicts are remembered.

    A long identity is matched anywhere in the text, a short one (a login ``pi``, a
    host ``vm``) only as a whole token, since libraries contain such letters by
    chance. Arguments and environment values are not asked here: "python3" is one of
    them on most machines. The tripwire sees to those.
    """

    def __init__(self, identity: Identity) -> None:
        needles = {needle.casefold() for needle in _needles(identity) if needle}
        self._long = tuple(needle for needle in needles if len(needle) >= _LONG)
        self._short = frozenset(needles - set(self._long))
        named = [pair for pair in identity.extra if pair[0] in _NAMING_KINDS]
        self._identity = replace(identity, extra=tuple(named))
        self._plain: dict[str, bool] = {}

    def names_person(self, text: str) -> bool:
        """Whether an identity is written in ``text``, in whatever case."""
        folded = text.casefold()
        if any(needle in folded for needle in self._long):
            return True
        if not self._short:
            return False
        tokens = {token.group() for token in _TOKEN.finditer(folded)}
        return folded in self._short or not self._short.isdisjoint(tokens)

    def is_clean(self, text: str) -> bool:
        """Whether a text names nobody, and the scrubbers find nothing in it."""
        return not (
            self.names_person(text) or scrub(text, identity=self._identity).findings
        )

    def is_plain(self, component: str) -> bool:
        """Whether a file's or folder's own name may be shown.

        It must look like the name of a program or library, name nobody, and pass the
        scrubbers untouched.
        """
        if component not in self._plain:
            self._plain[component] = (
                _SHAPE.fullmatch(component) is not None
                and not self.names_person(component)
                and not scrub(component, identity=self._identity).findings
            )
        return self._plain[component]


def _needles(identity: Identity) -> Iterator[str]:
    yield from (identity.user, identity.host, identity.fqdn, identity.email)
    yield identity.email.partition("@")[0]
    yield identity.home.rstrip("/").rpartition("/")[2]
    yield from identity.of_kind(*_NAMING_KINDS)
    for full_name in (identity.full_name, *identity.of_kind("git_name")):
        yield full_name
        yield from (word for word in full_name.split() if len(word) > 2)
