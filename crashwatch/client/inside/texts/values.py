"""What may be known of a value in a function's code: never what it is at run time.

A literal, a name, an attribute or a call, as the source wrote it; None is a value of
which nothing is known.
"""

from . import templates

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Value = Any


class Text:
    """Text of the source, with holes; and the files of the code it stands in."""

    __slots__ = ("files", "pieces")

    def __init__(self, pieces: templates.Pieces, files: tuple[str, ...]) -> None:
        self.pieces = pieces
        self.files = files


class Name:
    """A global or built-in name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Attribute:
    """An attribute of a value."""

    __slots__ = ("name", "owner")

    def __init__(self, owner: "Value", name: str) -> None:
        self.owner = owner
        self.name = name


class Call:
    """A call of a value."""

    __slots__ = ("function", "keywords", "positional")

    def __init__(
        self,
        function: "Value",
        positional: "list[Value]",
        keywords: "dict[str, Value]",
    ) -> None:
        self.function = function
        self.positional = positional
        self.keywords = keywords


class Format:
    """A format string that is known by its name only, and is filled (``%``, format)."""

    __slots__ = ("base", "how")

    def __init__(self, base: "Value", how: str) -> None:
        self.base = base
        self.how = how


class Variable:
    """What a local variable holds: a whole message or a format, never a part of one.

    ``name = "alice"`` in the source does not make ``f"no user {name}"`` tell it.
    """

    __slots__ = ("value",)

    def __init__(self, value: "Value") -> None:
        self.value = value


SELF = Name("")
"""The object whose method it is."""

NULL = Name("")
"""The empty place beside a callable."""


def bare(value: "Value") -> "Value":
    """The value itself, where a variable holds it."""
    return value.value if type(value) is Variable else value


def filled(text: Text, how: str) -> "Text | None":
    """A format string with holes for what it is filled with."""
    if len(text.pieces) != 1:
        return None
    read = templates.of_percent if how == "%" else templates.of_format
    pieces = read(text.pieces[0])
    return None if pieces is None else Text(pieces, text.files)
