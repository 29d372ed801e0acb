"""What may be told of an exception's message: the one template that it matches.

The message is compared where it can be had without running code of the program; only
of a class whose own ``__str__`` has several ways, and where Python itself is about to
print the exception, is ``str`` called.
"""

import errno
import os
import sys

from ..passing_on import pass_on  # noqa: TID252 -- loaded under another name
from . import bytecode, templates
from .known_texts import BY_RAISE, known_text
from .raise_site import Constructed, RaiseSite, resolved
from .templates import HOLE
from .value_flow import sweep
from .values import SELF, Attribute, Text, bare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import CodeType, TracebackType
    from typing import Any

DROPPED = Text((), ())
"""There is a message, and nothing of it may be told."""

_OF_PYTHON = ("<built-in>",)
_FUNCTION = type(lambda: None)
_BUILTINS = vars(sys.modules["builtins"])
_GROUP: "Any" = _BUILTINS.get("BaseExceptionGroup")
_MOST_NOTES = 8
_MOST_NOTING = 12
_CODECS = frozenset(
    [
        "utf-8",
        "ascii",
        "latin-1",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "utf-32-le",
        "utf-32-be",
        "charmap",
        "idna",
        "punycode",
        "unicodeescape",
        "rawunicodeescape",
        "utf-7",
        "locale",
    ]
)


def begin_report() -> None:
    """Begin another report: what is read for one is bounded."""
    bytecode.start_again()


def records(
    value: BaseException,
    trace: "TracebackType | None",
    printed: bool,  # noqa: FBT001 -- one caller
) -> "list[list[str]]":
    """The message and the notes of an exception as ``messages`` tells of them.

    No record where something failed. Raises nothing but what is the program's own, and
    that only in one that goes on.

    Args:
        trace: The exception's traceback.
        printed: Whether Python is about to print it, calling its ``__str__`` itself.
    """
    try:
        site = RaiseSite(trace)
        found = message_of(value, site, printed=printed)
        told = [] if found is None else [("message", found)]
        told += [("note", note) for note in notes_of(value, site)]
    except BaseException as error:  # what its __str__ raises is nobody's concern
        if not printed:
            pass_on(error)
        return [["~", "message", "0"]]
    return [
        ["~", what, str(len(text.files)), *text.files, *text.pieces]
        for what, text in told
    ]


def message_of(value: BaseException, site: RaiseSite, *, printed: bool) -> Text | None:
    """The template of the message, ``DROPPED``, or None where there is no message."""
    kind = type(value)
    owner, method = next(
        (cls, vars(cls)["__str__"]) for cls in kind.__mro__ if "__str__" in vars(cls)
    )
    if type(method) is _FUNCTION:
        return _of_own_str(value, method, site, printed=printed)
    tell = _BY_OWNER.get(owner)
    return DROPPED if tell is None else tell(value, site)


def _get(owner: type, name: str, value: BaseException) -> "Any":
    """A field of a built-in exception, whatever a subclass made of the name."""
    return vars(owner)[name].__get__(value)


def _best(candidates: "Iterable[Text | None]", message: str) -> Text | None:
    """Of the templates that the message matches, the one that says most."""
    fitting = [
        text
        for text in candidates
        if text is not None
        and templates.has_text(text.pieces)
        and templates.matches(text.pieces, message)
    ]
    return max(fitting, key=lambda text: sum(map(len, text.pieces)), default=None)


def _plain(value: BaseException, site: RaiseSite) -> Text | None:
    """``BaseException.__str__``: the only argument, or all of them in brackets."""
    arguments = _get(BaseException, "args", value)
    if not arguments:
        return None
    message = arguments[0]
    if type(message) is not str:
        return DROPPED
    if not message and len(arguments) == 1:
        return None
    ways = _ways(value, site, len(arguments))
    best = _best((way[0] for way in ways), message)
    if len(arguments) == 1:
        return _best([best, _by_python(value, message, site)], message) or DROPPED
    if best is None:
        return DROPPED
    rest = [(", ",), HOLE] * (len(arguments) - 1)
    pieces = templates.joined([("('",), best.pieces, ("'",), *rest, (")",)])
    return Text(pieces, best.files)


def _ways(
    value: BaseException, site: RaiseSite, count: int
) -> "list[list[Text | None]]":
    ways = site.constructed(type(value)).arguments
    return [way for way in ways if len(way) == count]


def _by_python(value: BaseException, message: str, site: RaiseSite) -> Text | None:
    """A message that the interpreter or the standard library writes itself."""
    kind = type(value)
    name = kind.__name__
    if _BUILTINS.get(name) is kind:
        if site.by_source and message not in BY_RAISE:
            return None
    else:
        module = sys.modules.get(kind.__module__)
        if module is None or vars(module).get(name) is not kind:
            return None
        name = f"{kind.__module__}.{name}"
    pieces = known_text(name, message)
    return None if pieces is None else Text(pieces, _OF_PYTHON)


def _of_key(value: BaseException, site: RaiseSite) -> Text | None:
    """A key is data; told is only a text with holes, or one of Python's own."""
    arguments = _get(BaseException, "args", value)
    if not arguments:
        return None
    if len(arguments) == 1 and type(arguments[0]) is str:
        ways = (way[0] for way in _ways(value, site, 1))
        best = _best(ways, arguments[0]) or _by_python(value, arguments[0], site)
        if best is not None and (len(best.pieces) > 1 or best.files == _OF_PYTHON):
            return best
    return Text(HOLE, ())


def _of_system(value: BaseException, site: RaiseSite) -> Text | None:
    """``OSError``: number, name and text of the error; files are holes."""
    number = _get(OSError, "errno", value)
    text = _get(OSError, "strerror", value)
    if number is None and text is None:
        return _plain(value, site)
    if type(number) is not int or type(text) is not str:
        return DROPPED
    name = errno.errorcode.get(number, "")
    own = type(value).__module__ == "builtins"
    label: templates.Pieces = HOLE
    if name and (own or text == os.strerror(number)):
        label = (f"{number} {name}",)
    pieces, files = _text_of_system(value, number, text, site)
    if pieces == HOLE and label == HOLE:
        return DROPPED
    parts = [("[Errno ",), label, ("] ",), pieces]
    for field, sign in (("filename", ": "), ("filename2", " -> ")):
        if _get(OSError, field, value) is not None:
            parts += [(sign,), HOLE]
    return Text(templates.joined(parts), files)


def _text_of_system(
    value: BaseException, number: int, text: str, site: RaiseSite
) -> "tuple[templates.Pieces, tuple[str, ...]]":
    if text == os.strerror(number):
        return (text,), _OF_PYTHON
    known = known_text("resolver", text)
    if known is not None:
        return known, _OF_PYTHON
    ways = site.constructed(type(value)).arguments
    best = _best((way[1] for way in ways if len(way) > 1), text)
    return (HOLE, _OF_PYTHON) if best is None else (best.pieces, best.files)


def _of_unicode(value: BaseException, _: RaiseSite) -> Text | None:
    """What could not be encoded or decoded: codec and reason, never the text."""
    owner = next(cls for cls in type(value).__mro__ if cls in _UNICODE)
    verb, thing = _UNICODE[owner]
    several = _get(owner, "end", value) - _get(owner, "start", value) != 1
    codec, reason = "", _get(owner, "reason", value)
    if "encoding" in vars(owner):
        codec = _get(owner, "encoding", value)
    pieces = known_text("UnicodeError", reason) or HOLE
    one = [(f" {thing} ",), HOLE, (" in position ",), HOLE]
    return Text(
        templates.joined(
            [
                ("'",),
                (codec,) if codec in _CODECS else HOLE,
                (f"' codec can't {verb}",),
                *([(f" {thing}s in position ",), HOLE] if several else one),
                (": ",),
                pieces,
            ]
        ),
        _OF_PYTHON,
    )


def _of_syntax(value: BaseException, site: RaiseSite) -> Text | None:
    """What is wrong, not with which text."""
    message = _get(SyntaxError, "msg", value)
    if type(message) is not str:
        return DROPPED
    pieces = known_text(type(value).__name__, message)
    best = None if pieces is None else Text(pieces, _OF_PYTHON)
    if best is None:
        ways = site.constructed(type(value)).arguments
        best = _best((way[0] for way in ways if way), message)
    if best is None:
        return DROPPED
    if _get(SyntaxError, "filename", value) is None:
        return best
    place = [best.pieces, (" (",), HOLE, (", line ",), HOLE, (")",)]
    return Text(templates.joined(place), best.files)


def _of_group(value: BaseException, site: RaiseSite) -> Text | None:
    """An exception group's own text; its members are told by themselves."""
    message = _get(_GROUP, "message", value)
    if type(message) is not str:
        return DROPPED
    ways = site.constructed(type(value)).arguments
    best = _best((way[0] for way in ways if way), message)
    if best is None:
        return DROPPED
    count = len(_get(_GROUP, "exceptions", value))
    ending = (" sub-exception)",) if count == 1 else (" sub-exceptions)",)
    pieces = templates.joined([best.pieces, (" (",), HOLE, ending])
    return Text(pieces, best.files)


def _of_own_str(
    value: BaseException, method: "Any", site: RaiseSite, *, printed: bool
) -> Text | None:
    """A class that builds its text in its own ``__str__``."""
    flow = sweep(method.__code__, None, {0: SELF})
    if flow is None or not flow.returned:
        return DROPPED
    made = site.constructed(type(value))
    texts = [
        _returned(bare(result), made, method.__globals__, site)
        for result in flow.returned
    ]
    candidates = [
        text for text in texts if text is not None and templates.has_text(text.pieces)
    ]
    if len(texts) == 1 or not candidates:
        return candidates[0] if candidates else DROPPED
    if not printed:
        return DROPPED
    message = str(value)
    return (_best(candidates, message) or DROPPED) if type(message) is str else DROPPED


def _returned(
    result: "Any", made: Constructed, variables: "dict[str, Any]", site: RaiseSite
) -> Text | None:
    if type(result) is Attribute and bare(result.owner) is SELF:
        stored = [text for name, text in made.stored if name == result.name]
        return stored[0] if len(stored) == 1 else None
    return resolved(result, variables, site.names)


def notes_of(value: BaseException, site: RaiseSite) -> "list[Text]":
    """Templates of ``add_note``'s arguments, from the functions it came through.

    A note is told if exactly one ``add_note`` of theirs can have written it.
    """
    notes = vars(value).get("__notes__")
    if type(notes) is not list or not notes:
        return []
    written = _noted(site)
    out = []
    for note in notes[:_MOST_NOTES]:
        fitting = {
            text.pieces: text
            for text in written or ()
            if type(note) is str and _best([text], note) is not None
        }
        only = next(iter(fitting.values())) if len(fitting) == 1 else DROPPED
        out.append(only)
    return out


def _noted(site: RaiseSite) -> "list[Text] | None":
    """What the traceback's functions hand to ``add_note``; None where not clear."""
    codes: dict[CodeType, dict[str, Any]] = {
        frame.f_code: frame.f_globals
        for frame in site.frames
        if "add_note" in frame.f_code.co_names
    }
    if len(codes) > _MOST_NOTING:
        return None
    out = []
    for code, variables in codes.items():
        flow = sweep(code, None)
        if flow is None:
            return None
        for call in flow.calls:
            if call.function.name == "add_note":
                given = call.positional[0] if len(call.positional) == 1 else None
                text = resolved(given, variables, site.names)
                if text is None:
                    return None
                out.append(text)
    return out


_UNICODE: "dict[type, tuple[str, str]]" = {
    UnicodeDecodeError: ("decode", "byte"),
    UnicodeEncodeError: ("encode", "character"),
    UnicodeTranslateError: ("translate", "character"),
}
_BY_OWNER: "dict[Any, Any]" = {
    BaseException: _plain,
    AttributeError: _plain,
    ImportError: _plain,
    NameError: _plain,
    KeyError: _of_key,
    OSError: _of_system,
    SyntaxError: _of_syntax,
    _GROUP: _of_group,
    **dict.fromkeys(_UNICODE, _of_unicode),
}
