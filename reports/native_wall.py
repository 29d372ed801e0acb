"""Native frames through the first two walls: names of known modules only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import known_names
from reports.backtrace import ADDRESS_LIMIT, PRIVATE, Frame

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable

    from reports.code_roots import PlaceFinder
    from reports.evidence import RawNativeFrame

_LABEL = "<module>/"
_RULE = ("private code", "native frames")


class NativeWall:
    """Turns native frames as unwound into frames as told.

    Args:
        places: Which modules are known.
        scrubbed: The second wall: a text, and the part of the report it is for.
        removed: Counts what is left out.
    """

    def __init__(
        self,
        places: PlaceFinder,
        scrubbed: Callable[[str, str], str],
        removed: Counter[tuple[str, str]],
    ) -> None:
        self._places = places
        self._scrubbed = scrubbed
        self._removed = removed
        self._names: dict[tuple[str, str], str] = {}

    def frames(self, raw: Iterable[RawNativeFrame]) -> tuple[Frame, ...]:
        """The frames of one thread, in their order."""
        return tuple(map(self._frame, raw))

    def _frame(self, raw: RawNativeFrame) -> Frame:
        place = self._places.native_place(raw)
        name = place.file.removeprefix(_LABEL)
        module = self._once(name, "module")
        if not place.known or module != name:
            self._removed[_RULE] += 1
        if name == PRIVATE or module != name:
            return Frame(function=PRIVATE, file=PRIVATE, guessed=raw.guessed)
        return Frame(
            function=self._function(raw.name) if place.known else PRIVATE,
            file=place.file,
            module=module,
            address=known_names.within(raw.offset, ADDRESS_LIMIT),
            guessed=raw.guessed,
        )

    def _function(self, name: str) -> str:
        return known_names.symbol_name(self._once(name, "function"))

    def _once(self, text: str, place: str) -> str:
        """The same names stand in every thread: scrubbed, and counted, once."""
        key = (text, place)
        if key not in self._names:
            self._names[key] = self._scrubbed(text, place)
        return self._names[key]
