# Exceptions nobody caught: told to the supervisor, then handled as ever.
#
# Three hooks: ``sys.excepthook``, ``threading.excepthook`` and ``sys.unraisablehook``.
# Programs reset them (``sys.excepthook = sys.__excepthook__``) and compare them with
# their originals, so both names of each are replaced by the same function. threading is
# not imported for it: its hook comes from ``_thread``, which is always there.

import _thread
import sys

from . import is_silent, tell

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the terminal a megabyte
    from types import TracebackType
    from typing import Any

_NOT_A_CRASH = (KeyboardInterrupt, SystemExit, GeneratorExit)


def install() -> None:
    # Wrap the three hooks.
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
    # Tell of an exception that the program handled itself; False when dropped.
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
    try:
        from .raised import raised  # noqa: PLC0415 -- 16 KB: only where one is raised

        records += raised(value, trace, printed=where != "handled")
    except ImportError:  # at the interpreter's very end only what it was
        records.append(["!", type(value).__module__, type(value).__qualname__, "", ""])
    return tell(records)
