"""Scrub the lines of a traceback by their parts: path, number, function.

A traceback repeats its paths and functions with ever other line numbers, so these are
scrubbed once each. What is made of them is what the whole line's rules would make.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scrubbers.finding import Line
from scrubbers.rules.paths import is_cut_through, scrub_plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrubbers.policy import Policy
    from scrubbers.survey import Surveyed

_FRAME = re.compile(
    r"(\s*)File \"([^\"]*)\", line ((?=[^ ]{1,8}(?: |$))\d+,*)( in [^ ]*)?"
)
_SOURCE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\.py")


class Frames:
    """The frames of one text, and what is remembered of them until its end."""

    __slots__ = (
        "_calm",
        "_cut_folders",
        "_folders",
        "_functions",
        "_locations",
        "_policy",
        "_scrub_line",
        "_surveyed",
    )

    def __init__(
        self,
        policy: Policy,
        surveyed: Surveyed,
        scrub_line: Callable[[str], Line],
    ) -> None:
        self._policy = policy
        self._surveyed = surveyed
        self._calm = surveyed.chunks
        self._scrub_line = scrub_line
        self._locations: dict[str, Line] = {}
        self._folders: dict[str, Line] = {}
        self._cut_folders: dict[str, Line | None] = {}
        self._functions: dict[str, Line] = {}

    def scrub(self, raw: str) -> Line | None:
        """Scrub a line of a traceback; ``None`` if it is not one."""
        match = _FRAME.fullmatch(raw)
        if match is None:
            return None
        head, path, digits, name = match.groups("")
        line = self._locations.get(path)
        if line is None:
            line = self._locations[path] = self._location(path)
        text, found, _ = line
        text = f"{head}File {text}, line {digits}"
        if name and name[4:] not in self._calm:
            function = self._function(name[4:])
            return Line(
                f"{text} in {function.text}",
                found + function.findings,
                awaits_value=False,
            )
        return Line(text + name, found, awaits_value=False)

    def _function(self, name: str) -> Line:
        line = self._functions.get(name)
        if line is None:
            if self._calm and self._policy.survey.settles_chunk(name):
                line = Line(name, (), awaits_value=False)
            else:
                line = self._scrub_line(name)
            self._functions[name] = line
        return line

    def _location(self, path: str) -> Line:
        """Scrub a path in its quotes: they tell where it ends."""
        rules = self._surveyed.paths.get(path)
        quoted = f'"{path}"'
        if rules is not None:
            line = self._plain_path(path)
            if line and (not rules or self._says_no_more(quoted, line.text, rules)):
                return line
        folder, slash, name = path.rpartition("/")
        if not (
            slash and _SOURCE.fullmatch(name) and self._policy.innocence.holds(name)
        ):
            return self._scrub_line(quoted)
        # Each folder once, where the file's name hides nothing.
        alike = f'"{folder}/x.py"'
        line = self._folders.get(alike) or self._scrub_line(alike)
        self._folders[alike] = line
        if not line.text.endswith('/x.py"'):
            return self._scrub_line(quoted)
        return line._replace(text=f'{line.text[:-5]}{name}"')

    def _says_no_more(self, quoted: str, scrubbed: str, rules: int) -> bool:
        """Whether rules find nothing in a path, neither before nor after it is cut."""
        find_nothing = self._policy.survey.find_nothing
        return find_nothing(quoted, rules) and find_nothing(scrubbed, rules)

    def _plain_path(self, path: str) -> Line | None:
        """Scrub a path by the rule of paths alone; each folder once.

        Returns:
            ``None`` where once is not enough.
        """
        folder, _, name = path.rpartition("/")
        if not (folder and _SOURCE.fullmatch(name)):
            return _cut(path)
        if folder not in self._cut_folders:
            self._cut_folders[folder] = _cut(f"{folder}/x.py")
        line = self._cut_folders[folder]
        if line is None or not line.text.endswith('/x.py"'):
            return _cut(path)
        return Line(f'{line.text[:-5]}{name}"', line.findings, awaits_value=False)


def _cut(path: str) -> Line | None:
    text, found = scrub_plain(path[1:].split("/"))
    if not is_cut_through(text):
        return None
    return Line(f'"{text}"', found, awaits_value=False)
