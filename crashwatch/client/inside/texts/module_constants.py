"""A text that a module's source gives a name to: ``NO_SUCH = "no such user %s"``.

What a global name means now may come from anywhere. It counts as text of the source
only if the module's own code stores into that name exactly once, a literal, on the
straight way, and the value is still that literal. The module's code is that of its
running or failed ``<module>`` frame, or of its cached bytecode.
"""

import marshal
import sys

from . import bytecode
from .values import Attribute, Name, Text, bare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

_LARGEST_CACHE = 400_000
_HEADER = 16
_MODULE = type(sys)


def constant(
    value: "Any", variables: "dict[str, Any]", frames: "Frames"
) -> Text | None:
    """The text that a ``Name``, or a module's ``Attribute``, stands for."""
    value = bare(value)
    if type(value) is Name:
        return _stored_literal(variables, value.name, frames, depth=2)
    if type(value) is Attribute and type(value.owner) is Name:
        module = variables.get(value.owner.name)
        if type(module) is _MODULE:
            return _stored_literal(vars(module), value.name, frames, depth=2)
    return None


class Frames:
    """The frames in which a module's own code may be found: a traceback's."""

    def __init__(self, frames: "list[FrameType]") -> None:
        self._frames = frames

    def module_code(self, variables: "dict[str, Any]") -> "CodeType | None":
        """The code of the module that has these variables."""
        for frame in [*self._frames, *_outermost()]:
            if frame.f_globals is variables and frame.f_code.co_name == "<module>":
                return frame.f_code
        return _cached(variables)


def _outermost() -> "list[FrameType]":
    found = []
    for frame in sys._current_frames().values():  # noqa: SLF001 -- documented
        while frame.f_back is not None:
            frame = frame.f_back  # noqa: PLW2901
        found.append(frame)
    return found


def _cached(variables: "dict[str, Any]") -> "CodeType | None":
    """The code in ``__pycache__``, where the import left it."""
    importer = sys.modules["_frozen_importlib_external"]
    path = variables.get("__cached__") or getattr(
        variables.get("__spec__"), "cached", None
    )
    loader = variables.get("__loader__")
    if type(path) is not str or type(loader) is not importer.SourceFileLoader:
        return None
    with open(path, "rb") as file:
        data = file.read(_LARGEST_CACHE)
    if len(data) == _LARGEST_CACHE or data[:4] != importer.MAGIC_NUMBER:
        return None
    code = marshal.loads(data[_HEADER:])  # noqa: S302 -- what Python itself would run
    return code if code.co_name == "<module>" else None


def _stored_literal(
    variables: "dict[str, Any]", name: str, frames: Frames, depth: int
) -> Text | None:
    value = variables.get(name)
    code = frames.module_code(variables) if type(value) is str else None
    if code is None or name not in code.co_names:
        return None
    before = _only_store(code, name)
    if before is None or _stored_elsewhere(code, name):
        return None
    numbers = bytecode.OPERATIONS
    _, _, operation, argument = before[-1]
    if operation == numbers["LOAD_CONST"]:
        literal = code.co_consts[argument]
        same = type(literal) is str and literal == value
        return Text((literal,), (code.co_filename,)) if same else None
    if operation == numbers["IMPORT_FROM"] and depth:
        return _imported(code, before, variables, frames, depth)
    return None


def _only_store(code: "CodeType", name: str) -> "list[bytecode.Instruction] | None":
    """What stands before the only store into the name; None where a jump leads in."""
    listing = bytecode.read(code) or []
    numbers = bytecode.OPERATIONS
    index = code.co_names.index(name)
    touches = {numbers[word] for word in ("STORE_NAME", "STORE_GLOBAL")}
    touches |= {numbers[word] for word in ("DELETE_NAME", "DELETE_GLOBAL")}
    stores = [
        number
        for number, entry in enumerate(listing)
        if entry[2] in touches and entry[3] == index
    ]
    if len(stores) != 1 or stores[0] == 0:
        return None
    start = listing[stores[0]][0]
    led_to = start in bytecode.jumps(code.co_code).values()
    return None if led_to else listing[: stores[0]]


def _stored_elsewhere(code: "CodeType", name: str) -> bool:
    """Whether a function of the module stores into the global name."""
    store = bytecode.OPERATIONS["STORE_GLOBAL"]
    for inner in code.co_consts:
        if type(inner) is not type(code):
            continue
        if name in inner.co_names:
            listing = bytecode.read(inner)
            index = inner.co_names.index(name)
            if listing is None or any(
                entry[2] == store and entry[3] == index for entry in listing
            ):
                return True
        if _stored_elsewhere(inner, name):
            return True
    return False


def _imported(
    code: "CodeType",
    before: "list[bytecode.Instruction]",
    variables: "dict[str, Any]",
    frames: Frames,
    depth: int,
) -> Text | None:
    """Follow ``from module import name`` to where the name is given its text."""
    wanted = code.co_names[before[-1][3]]
    number = bytecode.OPERATIONS["IMPORT_NAME"]
    places = [at for at, entry in enumerate(before) if entry[2] == number]
    if not places or places[-1] < 2:
        return None
    at = places[-1]
    module_name = code.co_names[before[at][3]]
    level = code.co_consts[before[at - 2][3]]
    if level:
        package = variables["__package__"].split(".")
        parts = package[: len(package) - level + 1]
        module_name = ".".join([*parts, *([module_name] if module_name else [])])
    module = sys.modules.get(module_name)
    if type(module) is not _MODULE:
        return None
    return _stored_literal(vars(module), wanted, frames, depth - 1)
