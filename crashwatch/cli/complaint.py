"""One line for the person, from the start path: nothing is loaded until it is said."""

from __future__ import annotations

import sys

from crashwatch.errors import CrashwatchError


def complain(message: str, hint: str = "") -> None:
    """One line for the person, and the next step where there is one."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(f"{_for_screen(f'crashwatch: {message}')}\n")
        if hint:
            sys.stderr.write(f"{_for_screen(f'  {hint}')}\n")
    except (OSError, ValueError):
        pass  # a full disk, or nobody reads: the program's own end matters more


def _for_screen(text: str) -> str:
    """Escaped, and on a narrow terminal broken between words."""
    try:
        from crashwatch.prompts.screen_text import escaped  # noqa: PLC0415

        shown = escaped(text)
        if not sys.stderr.isatty():
            return shown
        from crashwatch.cli.folding import fold, width_of  # noqa: PLC0415

        return fold(shown, width_of(sys.stderr))
    except Exception:  # noqa: BLE001 -- no file can be opened, or it is spoilt
        return ascii(text)[1:-1]


def said(error: Exception) -> str:
    """An error of ours says itself; of any other the kind must be told too."""
    if isinstance(error, CrashwatchError) or _is_of_reports(error):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _is_of_reports(error: Exception) -> bool:
    try:
        from reports.errors import ReportsError  # noqa: PLC0415
    except Exception:  # noqa: BLE001 -- our own installation is broken
        return False
    return isinstance(error, ReportsError)


def fault_of(error: Exception) -> str:
    """An error that nobody expected: what, and in which line of whose code."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = "" if trace is None else trace.tb_frame.f_code.co_filename
    line = 0 if trace is None else trace.tb_lineno
    return f"unexpected {said(error)} ({place}:{line})"
