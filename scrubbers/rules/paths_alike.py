"""Cut many paths: one whose folders nobody knows is cut as the one before it was.

What goes from a path depends on the few names that are known (``path_parts``) and on
where the others stand, not on how they are called. So all of these get one name, and
what is left is a pattern that most paths of a text have in common.
"""

from __future__ import annotations

import re

from scrubbers.rules.path_parts import Cut, cut_private, is_nameless
from scrubbers.rules.paths import is_cut_through, scrub_plain

_SOURCE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\.py")


class PathsAlike:
    """Cuts quoted paths of plain components; remembers the patterns of one text."""

    __slots__ = ("_cuts", "_kinds")

    def __init__(self) -> None:
        self._kinds: dict[str, str] = {}
        self._cuts: dict[str, list[Cut] | None] = {}

    def scrub(self, path: str) -> tuple[str, tuple[tuple[str, int], ...]] | None:
        """What the rule of paths makes of a path, and each cut's rule and length.

        Args:
            path: From the root on, of letters, digits and ``_+.-`` between slashes;
                no component is empty or climbs.

        Returns:
            ``None`` if that rule must look at the path again after it was cut.
        """
        kinds = self._kinds
        parts = path[1:].split("/")
        pattern = "/".join([kinds.get(part) or self._kind_of(part) for part in parts])
        if pattern not in self._cuts:
            self._cuts[pattern] = _cuts_of(pattern.split("/"))
        cuts = self._cuts[pattern]
        return None if cuts is None else scrub_plain(parts, cuts)

    def _kind_of(self, part: str) -> str:
        """The part itself if its name may decide anything, else one name for all."""
        kind = part
        if _SOURCE.fullmatch(part):
            kind = "x.py"
        elif is_nameless(part):
            kind = "x"
        self._kinds[part] = kind
        return kind


def _cuts_of(parts: list[str]) -> list[Cut] | None:
    cuts = cut_private(parts, rooted=True)
    return cuts if is_cut_through(scrub_plain(parts, cuts)[0]) else None
