# What is told of an exception: its kind, its places, what may be said of its message.
#
# Of an exception only types, places and the fixed parts of its message leave the
# process (``texts``): what its source says, never what was put in, and no local
# variable.

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the terminal a megabyte
    from types import TracebackType
    from typing import Any

_MOST_EXCEPTIONS = 16
_MOST_MEMBERS = 8
_FRAME_LIMIT = 100
_FEW_FRAMES = 30

_texts_left = 64  # a program may raise thousands; no more than ten are reported


def raised(
    value: BaseException, trace: "TracebackType | None", *, printed: bool
) -> list[list[str]]:
    # An exception, its causes, then the members of groups; each once.
    #
    # Args:
    #     trace: Its traceback; None: the one it carries.
    #     printed: Whether Python is about to print it.
    #
    # Returns:
    #     Records as ``messages`` has them.
    tell_texts = _texts()
    waiting: list[Any] = [(value, trace, "", "")]
    records: list[list[str]] = []
    seen: set[int] = set()
    while waiting and len(seen) < _MOST_EXCEPTIONS:
        value, trace, parent, relation = waiting.pop(0)
        if id(value) in seen:
            continue
        number = str(len(seen))
        seen.add(id(value))
        kind = type(value)
        names = [str(kind.__module__), str(kind.__qualname__)]
        records.append(["!", *names, parent, relation])
        trace = trace if trace is not None else value.__traceback__
        records += tell_texts(value, trace, printed)
        records += _frames(trace, _FRAME_LIMIT if len(seen) <= 3 else _FEW_FRAMES)
        members = _members(value)
        cause = value.__cause__
        if cause is None and not value.__suppress_context__:
            cause = value.__context__
        # Raised while one of its members was handled, it is told as a member.
        if cause is not None and not any(cause is member for member in members):
            waiting.insert(0, (cause, None, number, "cause"))
        waiting += [(member, None, number, "member") for member in members]
    return records


def _members(value: BaseException) -> "Any":
    # The exceptions of a group (3.11 and later).
    group = getattr(sys.modules["builtins"], "BaseExceptionGroup", None)
    if group is None or not isinstance(value, group):
        return ()
    return vars(group)["exceptions"].__get__(value)[:_MOST_MEMBERS]


def _texts() -> "Any":
    # What finds the texts; nothing at shutdown, or when there were many before.
    global _texts_left  # noqa: PLW0603
    _texts_left -= 1
    if _texts_left >= 0:
        try:
            from .texts import message  # noqa: PLC0415 -- only where one is raised

            message.begin_report()
        except Exception as error:
            from .passing_on import pass_on  # noqa: PLC0415

            pass_on(error)
        else:
            return message.records
    return lambda *_: []


def _frames(trace: "TracebackType | None", limit: int) -> list[list[str]]:
    # The traceback's places, outermost first; the middle of a long one left out.
    head: list[list[str]] = []
    tail: list[list[str]] = []
    half = limit // 2
    while trace is not None:
        code = trace.tb_frame.f_code
        name = getattr(code, "co_qualname", code.co_name)
        entry = ["@", code.co_filename, str(trace.tb_lineno), name]
        if len(head) < half:
            head.append(entry)
        else:
            tail.append(entry)
            del tail[:-half]
        trace = trace.tb_next
    return head + tail
