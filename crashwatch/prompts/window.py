"""Ask in a window, where there is a display and no terminal to ask on.

The window is a process of its own, in a Python that has tkinter: ours, or the system's.
Whatever goes wrong with it means "don't send". Tk draws through X11, on Wayland too.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from crashwatch.prompts import window_face
from crashwatch.prompts.payload_text import payload_lines
from crashwatch.prompts.question import (
    OPTIONS,
    STATE,
    Answer,
    Reply,
    Subject,
    answer_of,
    facts,
    headline,
    input_line,
    not_understood,
)
from crashwatch.prompts.screen_text import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reports.payload import Item

SETTLE = 0.8
"""Seconds in which nothing counts: whoever was typing meant another window."""

_SYSTEM_PATH = "/usr/bin:/bin:/usr/local/bin"


def ask_in_window(
    subject: Subject,
    payload: Sequence[Item],
    *,
    disclosure: str,
    timeout: float,
    environment: Mapping[str, str],
    settle: float = SETTLE,
) -> Reply:
    """Ask, and wait ``timeout`` seconds for each key. Never raises.

    Args:
        subject: What the question is about.
        payload: What would be sent, shown by "view".
        disclosure: The whole text, shown by "read".
        timeout: Seconds without a key or click that count as "don't send".
        environment: Names the display.
        settle: Seconds from the start in which no key counts.
    """
    told = json.dumps(_told(subject, payload, disclosure, timeout, settle)).encode()
    for python in _pythons():
        try:
            ended = subprocess.run(
                [python, "-I", window_face.__file__],
                input=told,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=dict(environment),
                check=False,
            )
        except OSError:
            continue
        if ended.returncode != window_face.NO_WINDOW:
            return _reply(ended.stdout.decode("ascii", "replace").strip())
    return Reply(Answer.UNANSWERED, "no window could be shown")


def _told(
    subject: Subject,
    payload: Sequence[Item],
    disclosure: str,
    timeout: float,
    settle: float,
) -> dict[str, object]:
    """Everything the window says, in the words every face uses."""
    refusal = next(o.word for o in OPTIONS if o.answer is Answer.DONT_SEND)
    return {
        "title": escaped(subject.program)[:60],
        "headline": headline(subject),
        "state": STATE,
        "facts": list(facts(subject)),
        "options": [
            {"key": o.key, "word": o.word, "meaning": o.meaning} for o in OPTIONS
        ],
        "input": input_line().rstrip(" :"),
        "not_understood": not_understood(),
        "refusal": refusal,
        "back": "Back to the question (Escape)",
        "pages": {
            "view": "\n".join(payload_lines(payload)),
            "read": "\n".join(escaped(line) for line in disclosure.splitlines()),
        },
        "timeout": timeout,
        "settle": settle,
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
