"""Scrub the lines of a traceback by their parts: path, number, function.

A traceback repeats its paths and functions with ever other line numbers, so these are
scrubbed once each. What is made of them is what the whole line's rules would make.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scrubbers.finding import Line
from scrubbers.rules.paths_alike import PathsAlike

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrubbers.policy import Policy
    from scrubbers.survey import Surveyed

_FRAME = re.compile(r"File \"([^\"]*)\", line ((?=[^ ]{1,8}(?: |$))\d+,*)( in [^ ]*)?")
_BEGINNING = 'File "'
# What a log puts before each line; no rule heeds the digits of a point in time.
_TIME = re.compile(
    r"[\[(]?(?:19|20)\d\d-[01]\d-[0-3]\d[ T][0-2]\d:[0-5]\d:[0-5]\d"
    r"(?:[.,]\d{3,6})?(?!\d)"
)
_SAME_DIGITS = str.maketrans("0123456789", "1111111111")
_LONGEST_HEAD = 100
_AWAITS_NOTHING: Final = False
_PROBES = ("/usr/lib/python3.11/x.py", "/srv/zqx/vfk.py")
_SOURCE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\.py")


class Frames:
    """The frames of one text, and what is remembered of them until its end."""

    __slots__ = (
        "_alike",
        "_calm",
        "_folders",
        "_functions",
        "_heads",
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
        self._alike = PathsAlike()
        self._functions: dict[str, Line] = {}
        self._heads: dict[str, Line | None] = {}

    def scrub(self, raw: str) -> Line | None:
        """Scrub a line of a traceback; ``None`` if it is not one."""
        begins = raw.find(_BEGINNING)
        if begins < 0 or (match := _FRAME.fullmatch(raw, begins)) is None:
            return None
        path, digits, name = match.groups("")
        head = raw[:begins]
        before: tuple[tuple[str, int], ...] = ()
        if not head.isspace() and head:
            if (scrubbed := self._head(head)) is None:
                return None
            head, before, _ = scrubbed
        line = self._locations.get(path)
        if line is None:
            line = self._locations[path] = self._location(path)
        text, found, _ = line
        found = before + found
        text = f"{head}File {text}, line {digits}"
        if name and name[4:] not in self._calm:
            function = self._function(name[4:])
            text = f"{text} in {function.text}"
            return Line(text, found + function.findings, _AWAITS_NOTHING)
        return Line(text + name, found, _AWAITS_NOTHING)

    def _head(self, head: str) -> Line | None:
        """Scrub what a log puts before a frame; times that differ are looked at once.

        Returns:
            ``None`` if it may bear on what follows it.
        """
        time = _TIME.match(head)
        if len(head) > _LONGEST_HEAD:
            return None
        begin = time.group().translate(_SAME_DIGITS) if time else ""
        alike = begin + head[len(begin) :]
        if alike not in self._heads:
            self._heads[alike] = self._head_alone(alike, begin)
        line = self._heads[alike]
        if line is None or time is None:
            return line
        return line._replace(text=time.group() + line.text[len(begin) :])

    def _head_alone(self, head: str, begin: str) -> Line | None:
        """What all rules make of it, if they make the same before every frame."""
        if "%" in head or "&" in head:
            return None  # a plus sign in the path behind it would be a space
        alone: set[Line] = set()
        for path in _PROBES:
            probe = f'{_BEGINNING}{path}", line 1, in f'
            text, found, awaits_value = self._scrub_line(head + probe)
            after = self._scrub_line(probe)
            size = len(text) - len(after.text)
            count = len(found) - len(after.findings)
            if (text[size:], found[count:]) != after[:2] or awaits_value:
                return None
            alone.add(Line(text[:size], found[:count], awaits_value=False))
        line = alone.pop()
        return line if not alone and line.text.startswith(begin) else None

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
            cut = self._alike.scrub(path)
            if cut is not None:
                text = f'"{cut[0]}"'
                if not rules or self._says_no_more(quoted, text, rules):
                    return Line(text, cut[1], awaits_value=False)
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
