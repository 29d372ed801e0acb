"""Ask in a window, where there is a display and no terminal to ask on.

The window is a process of its own, in a Python that has tkinter: ours, or the system's.
Whatever goes wrong with it means "don't send". Tk draws through X11, on Wayland too.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

from crashwatch.prompts import window_face
from crashwatch.prompts.payload_text import payload_lines
from crashwatch.prompts.question import (
    OPTIONS,
    STATE,
    Answer,
    Draft,
    Reply,
    answer_of,
    comment_lines,
    facts,
    headline,
    input_line,
    not_understood,
)
from crashwatch.prompts.screen_text import escaped
from reports.crash_report import LONGEST_COMMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SETTLE = 0.8
"""Seconds in which nothing counts: whoever was typing meant another window."""

_SYSTEM_PATH = "/usr/bin:/bin:/usr/local/bin"


def ask_in_window(
    draft: Draft,
    *,
    comment: Callable[[str], Draft],
    disclosure: str,
    timeout: float,
    environment: Mapping[str, str],
    settle: float = SETTLE,
) -> Reply:
    """Ask, and wait ``timeout`` seconds for each key. Never raises.

    Args:
        draft: What the question is about; "view" shows what would be sent.
        comment: Gives the same with what the person typed, which is asked about anew.
        disclosure: The whole text, shown by "read".
        timeout: Seconds without a key or click that count as "don't send".
        environment: Names the display.
        settle: Seconds from the start in which no key counts.
    """
    told = _told(draft, disclosure, timeout, settle)
    for python in _pythons():
        try:
            window = subprocess.Popen(
                [python, "-I", window_face.__file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=dict(environment),
            )
        except OSError:
            continue
        with window:
            word = _conversation(window, told, comment)
        if window.returncode != window_face.NO_WINDOW:
            return _reply(word)
    return Reply(Answer.UNANSWERED, "no window could be shown")


def _conversation(
    window: subprocess.Popen[bytes],
    told: Mapping[str, object],
    comment: Callable[[str], Draft],
) -> str:
    """Tell the window what it says, again after each comment; the answer's word."""
    assert window.stdin is not None  # noqa: S101 -- for the type checker
    assert window.stdout is not None  # noqa: S101
    try:
        _say(window.stdin, told)
        for line in window.stdout:
            word, _, rest = line.decode("ascii", "replace").strip().partition(" ")
            if not rest:
                return word
            _say(window.stdin, _of_draft(comment(str(json.loads(rest)))))
    except BaseException:
        window.kill()
        raise
    return ""


def _say(pipe: IO[bytes], told: Mapping[str, object]) -> None:
    with contextlib.suppress(BrokenPipeError):  # it is gone: its status says why
        pipe.write(json.dumps(told).encode() + b"\n")
        pipe.flush()


def _told(
    draft: Draft, disclosure: str, timeout: float, settle: float
) -> dict[str, object]:
    """Everything the window says, in the words every face uses."""
    words = {o.answer: o.word for o in OPTIONS}
    return {
        "title": escaped(draft.subject.program)[:60],
        "options": [
            {"key": o.key, "word": o.word, "meaning": o.meaning} for o in OPTIONS
        ],
        "input": input_line().rstrip(" :"),
        "not_understood": not_understood(),
        "refusal": words[Answer.DONT_SEND],
        "comment": words[Answer.COMMENT],
        "comment_lines": comment_lines(),
        "comment_most": LONGEST_COMMENT,
        "comment_done": "Show it as it would be sent (Enter)",
        "back": "Back to the question (Escape)",
        "read": "\n".join(escaped(line) for line in disclosure.splitlines()),
        "timeout": timeout,
        "settle": settle,
        **_of_draft(draft),
    }


def _of_draft(draft: Draft) -> dict[str, object]:
    """What a comment changes."""
    return {
        "headline": headline(draft.subject),
        "state": STATE,
        "facts": list(facts(draft.subject)),
        "view": "\n".join(payload_lines(draft.items)),
        "said": draft.refused,
    }


def _reply(word: str) -> Reply:
    answer = answer_of(word) if word else None
    if answer is None:
        return Reply(Answer.UNANSWERED, "no answer in the window")
    return Reply(answer, "the person's answer")


def _pythons() -> Iterator[str]:
    """Interpreters to try; ours only where it could have tkinter at all."""
    if importlib.util.find_spec("_tkinter") is not None:
        yield sys.executable
    system = shutil.which("python3", path=_SYSTEM_PATH)
    if system is not None and not _is_ours(system):
        yield system


def _is_ours(python: str) -> bool:
    return Path(os.path.realpath(python)) == Path(os.path.realpath(sys.executable))
