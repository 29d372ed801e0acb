"""What is known at one instruction: the stack, the variables; and what was seen so far.

The stack has no bottom: below what is known there is the unknown.
"""

from . import templates
from .values import Attribute, Call, Format, Name, Text, bare, filled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

    from .values import Value

    State = tuple[list[Value], dict[int, Value]]

_TRANSLATES = frozenset({"_", "gettext"})
_NOTED_CALLS = frozenset({"__init__", "add_note"})


class Flow:
    """The state of the pass, and what it came across."""

    def __init__(self, code: "CodeType", known: "dict[int, Value]") -> None:
        self.code = code
        self.stack: list[Value] = []
        self.locals = dict(known)
        self.keywords: tuple[str, ...] = ()
        self.calls: list[Call] = []
        self.returned: list[Value] = []
        self.stored: list[tuple[str, Value]] = []

    def forget(self) -> None:
        """Know nothing any more."""
        self.stack, self.locals = [], {}

    def copy(self) -> "State":
        """The state as it is now."""
        return list(self.stack), dict(self.locals)

    def merge(self, other: "State") -> None:
        """Keep what both ways agree on."""
        stack, variables = other
        common = min(len(stack), len(self.stack))
        mine = self.stack[len(self.stack) - common :]
        theirs = stack[len(stack) - common :]
        self.stack = [a if a is b else None for a, b in zip(mine, theirs)]  # noqa: B905 -- equally long
        self.locals = {
            key: value
            for key, value in self.locals.items()
            if variables.get(key) is value
        }

    def pop(self) -> "Value":
        """The topmost value."""
        return self.stack.pop() if self.stack else None

    def take(self, count: int) -> "list[Value]":
        """The topmost values, deepest first."""
        if count == 0:
            return []
        values = self.stack[-count:]
        del self.stack[-count:]
        return [None] * (count - len(values)) + values

    def text(self, value: str) -> Text:
        """A literal of this code."""
        return Text((value,), (self.code.co_filename,))

    def joined(self, values: "list[Value]") -> "Text | None":
        """Values one after the other, a hole for each that is no literal."""
        if not any(type(value) is Text for value in values):
            return None
        files: list[str] = []
        for value in values:
            if type(value) is Text:
                files += value.files
        pieces = templates.joined(
            value.pieces if type(value) is Text else templates.HOLE for value in values
        )
        return Text(pieces, tuple(dict.fromkeys(files)))

    def call(
        self, function: "Value", positional: "list[Value]", names: tuple[str, ...] = ()
    ) -> "Value":
        """What a call gives; ``names`` are those of the last arguments."""
        cut = len(positional) - len(names)
        keywords = dict(zip(names, positional[cut:]))  # noqa: B905 -- equally long
        positional = positional[:cut]
        function = bare(function)
        if type(function) is Attribute:
            owner = bare(function.owner)
            if function.name == "format":
                return self.percent_or_format(owner, "format")
            call = Call(function, positional, keywords)
            if function.name in _NOTED_CALLS:
                self.calls.append(call)
            return call
        if type(function) is Name and function.name in _TRANSLATES and positional:
            return positional[0]
        return None if function is None else Call(function, positional, keywords)

    def percent_or_format(self, left: "Value", how: str) -> "Value":
        """A format string that is filled."""
        left = bare(left)
        if type(left) is Text:
            return filled(left, how)
        return Format(left, how) if type(left) in (Name, Attribute) else None
