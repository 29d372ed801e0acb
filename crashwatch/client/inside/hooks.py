"""Exceptions nobody caught: told to the supervisor, then handled as ever.

Three hooks: ``sys.excepthook``, ``threading.excepthook`` and ``sys.unraisablehook``.
Programs reset them (``sys.excepthook = sys.__excepthook__``) and compare them with
their originals, so both names of each are replaced by the same function. threading is
not imported for it: its hook comes from ``_thread``, which is always there.

Of an exception only types, places and the fixed parts of its message leave the process
(``texts``): what its source says, never what was put in, and no local variable.
"""

import _thread
import sys

from . import is_silent, tell

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the terminal a megabyte
    from types import TracebackType
    from typing import Any

_MOST_EXCEPTIONS = 16
_MOST_MEMBERS = 8
_FRAME_LIMIT = 100
_FEW_FRAMES = 30
_NOT_A_CRASH = (KeyboardInterrupt, SystemExit, GeneratorExit)

_texts_left = 64  # a program may raise thousands; no more than ten are reported


def install() -> None:
    """Wrap the three hooks."""
    sys.excepthook = sys.__excepthook__ = _main_hook(sys.excepthook)
    sys.unraisablehook = sys.__unraisablehook__ = _unraisable_hook(sys.unraisablehook)
    in_thread = _thread_hook(_thread._excepthook)  # noqa: SLF001 -- threading's own source
    _thread._excepthook = in_thread  # noqa: SLF001
    threading = sys.modules.get("threading")
    if threading is not None:
        for name in ("excepthook", "__excepthook__"):
            setattr(threading, name, in_thread)


def _main_hook(previous: "Any") -> "Any":
    def excepthook(
        kind: type[BaseException], value: BaseException, trace: "TracebackType | None"
    ) -> "Any":
        try:
            _report("main", value, trace, "MainThread")
        except BaseException:  # also at interpreter shutdown
            pass
        return previous(kind, value, trace)

    return excepthook


def _thread_hook(previous: "Any") -> "Any":
    def excepthook(args: "Any", /) -> "Any":
        try:
            name = getattr(args.thread, "name", "") or ""
            _report("thread", args.exc_value, args.exc_traceback, str(name))
        except BaseException:
            pass
        return previous(args)

    return excepthook


def _unraisable_hook(previous: "Any") -> "Any":
    def unraisablehook(args: "Any", /) -> "Any":
        try:
            _report("unraisable", args.exc_value, args.exc_traceback, "")
        except BaseException:
            pass
        return previous(args)

    return unraisablehook


def report_handled(value: BaseException, thread: str) -> bool:
    """Tell of an exception that the program handled itself; False when dropped."""
    return _report("handled", value, value.__traceback__, thread)


def _report(
    where: str,
    value: BaseException | None,
    trace: "TracebackType | None",
    thread: str,
) -> bool:
    if value is None or isinstance(value, _NOT_A_CRASH) or is_silent():
        return False
    records = [["exception", where, thread]]
    records += _tree(value, trace, printed=where != "handled")
    return tell(records)


def _tree(
    value: BaseException, trace: "TracebackType | None", *, printed: bool
) -> list[list[str]]:
    """The exception, its causes, then the members of groups; each once."""
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
    """The exceptions of a group (3.11 and later)."""
    group = getattr(sys.modules["builtins"], "BaseExceptionGroup", None)
    if group is None or not isinstance(value, group):
        return ()
    return vars(group)["exceptions"].__get__(value)[:_MOST_MEMBERS]


def _texts() -> "Any":
    """What finds the texts; nothing at shutdown, or when there were many before."""
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
    """The traceback's places, outermost first; the middle of a long one left out."""
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
