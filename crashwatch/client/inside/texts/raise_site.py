"""Where an exception was raised, and what the source gives it there."""

import sys

from . import bytecode, module_constants
from .value_flow import sweep
from .values import SELF, Attribute, Call, Format, Name, Text, Variable, bare, filled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType, TracebackType
    from typing import Any

    from .values import Value

_MOST_FRAMES = 64
_DEEPEST = 4
_FUNCTION = type(lambda: None)
_MODULE = type(sys)
_BUILTINS = vars(sys.modules["builtins"])


class RaiseSite:
    """The innermost place of a traceback.

    Attributes:
        by_source: Whether Python code raised it, with ``raise`` or ``assert``; else it
            came out of C code.
        frames: The traceback's frames, innermost first; not all of a long one.
        names: Where module constants are found.
    """

    def __init__(self, trace: "TracebackType | None") -> None:
        frames: list[FrameType] = []
        last = trace
        while trace is not None:
            frames.append(trace.tb_frame)
            if len(frames) > 2 * _MOST_FRAMES:
                del frames[_MOST_FRAMES : _MOST_FRAMES + 1]
            last, trace = trace, trace.tb_next
        frames.reverse()
        self.frames = frames
        self.names = module_constants.Frames(frames)
        self.by_source = False
        self._raised: Value = None
        self._variables: dict[str, Any] = frames[0].f_globals if frames else {}
        if last is not None:
            self._look(last.tb_frame.f_code, last.tb_lasti)

    def _look(self, code: "CodeType", offset: int) -> None:
        raise_number = bytecode.OPERATIONS.get("RAISE_VARARGS", -1)
        if code.co_code[offset] != raise_number:
            return
        self.by_source = not code.co_filename.startswith("<frozen ")
        depth = code.co_code[offset + 1]
        flow = sweep(code, offset)
        if flow is not None and 1 <= depth <= len(flow.stack):
            self._raised = bare(flow.stack[-depth])

    def constructed(self, kind: type) -> "Constructed":
        """What the source gives an exception of this class when it makes one."""
        called = self._call_of(kind)
        made = Constructed()
        mro = list(kind.__mro__)
        if called is None:
            made.follow(mro, None, {}, self.names)
        else:
            arguments = [self._resolved(value) for value in called.positional]
            keywords = {
                key: self._resolved(value) for key, value in called.keywords.items()
            }
            made.follow(mro, arguments, keywords, self.names)
        return made

    def _resolved(self, value: "Value") -> Text | None:
        return resolved(value, self._variables, self.names)

    def _call_of(self, kind: type) -> Call | None:
        raised = self._raised
        if type(raised) is Call:
            return raised if self._is_class(bare(raised.function), kind) else None
        if type(raised) in (Name, Attribute) and self._is_class(raised, kind):
            return Call(raised, [], {})
        return None

    def _is_class(self, function: "Value", kind: type) -> bool:
        """Whether what was called is the exception's class, or one it derives from.

        Where that cannot be looked up, the name must be the class's own.
        """
        found: Any = None
        if type(function) is Name:
            found = self._variables.get(function.name, _BUILTINS.get(function.name))
        elif type(function) is Attribute:
            owner = bare(function.owner)
            module = self._variables.get(owner.name) if type(owner) is Name else None
            if type(module) is _MODULE:
                found = vars(module).get(function.name)
        else:
            return False
        if found is None:
            return bool(function.name == kind.__name__)
        return any(base is found for base in kind.__mro__)


class Constructed:
    """What the source gives to ``BaseException`` and to the object's own attributes.

    Attributes:
        arguments: Each list of arguments that a way through the constructors gives.
        stored: Attributes that a constructor sets, in their order.
    """

    def __init__(self) -> None:
        self.arguments: list[list[Text | None]] = []
        self.stored: list[tuple[str, Text | None]] = []

    def follow(
        self,
        mro: "list[type]",
        arguments: "list[Text | None] | None",
        keywords: "dict[str, Text | None]",
        names: module_constants.Frames,
    ) -> None:
        """Follow the arguments through the constructors of these classes.

        Args:
            arguments: None where they are not known.
        """
        position, init = next(
            (
                (number, vars(cls)["__init__"])
                for number, cls in enumerate(mro)
                if "__init__" in vars(cls)
            ),
            (0, None),
        )
        if type(init) is not _FUNCTION:
            if arguments is not None:
                self.arguments.append(arguments)
            return
        code = init.__code__
        flow = sweep(code, None, _bound(code, arguments or [], keywords))
        if flow is None or len(mro) <= 1:
            return
        variables = init.__globals__
        self.stored += [
            (name, resolved(value, variables, names)) for name, value in flow.stored
        ]
        calls = [call for call in flow.calls if call.function.name == "__init__"]
        for call in calls[:_DEEPEST]:
            given = call.positional
            if not _is_super(call.function.owner):
                if not given or given[0] is not SELF:
                    continue
                given = given[1:]
            self.follow(
                mro[position + 1 :],
                [resolved(value, variables, names) for value in given],
                {
                    key: resolved(value, variables, names)
                    for key, value in call.keywords.items()
                },
                names,
            )


def _is_super(owner: "Value") -> bool:
    if type(owner) is Call:
        owner = owner.function
    return type(owner) is Name and owner.name == "super"


def _bound(
    code: "CodeType",
    arguments: "list[Text | None]",
    keywords: "dict[str, Text | None]",
) -> "dict[int, Value]":
    """What is known of a method's variables when it is called like that."""
    known: dict[int, Value] = {0: SELF}
    known.update(enumerate(arguments[: code.co_argcount - 1], 1))
    named = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    known.update(
        (named.index(key), value) for key, value in keywords.items() if key in named
    )
    return known


def resolved(
    value: "Value", variables: "dict[str, Any]", names: module_constants.Frames
) -> Text | None:
    """The text that a value is for certain, or None."""
    value = value.value if type(value) is Variable else value
    if type(value) is Format:
        base = resolved(value.base, variables, names)
        return None if base is None else filled(base, value.how)
    if type(value) in (Name, Attribute):
        value = module_constants.constant(value, variables, names)
    if type(value) is not Text:
        return None
    places = all(file.startswith(("/", "<frozen ")) for file in value.files)
    return value if places else None
