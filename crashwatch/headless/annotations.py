"""Words to the build server that runs us. Pure.

GitHub reads workflow commands from either stream of a step: a line that begins with two
colons. A value in one may hold no line end, and a property no colon or comma; they are
written as ``%0A``, ``%3A``, ``%2C`` (the toolkit's ``command.ts`` does the same).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crashwatch.headless.outcome import main_frames, name_of, title_of, title_of_run
from crashwatch.prompts.screen_text import escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crashwatch.headless.outcome import Finding, Run
    from reports.backtrace import Frame

MOST = 10
"""Annotations of one kind that GitHub shows of a step."""


def github_commands(run: Run, locate: Callable[[Frame], str]) -> Iterator[str]:
    """A line for each finding, at the place in the checkout where one looks first.

    Args:
        run: The run.
        locate: Path of a frame's file in the checkout, or empty.
    """
    for finding in run.findings[:MOST]:
        level = "error" if finding.fails else "warning"
        properties = {**_place(finding, locate), "title": name_of(finding)}
        yield _command(level, properties, title_of(finding, run.record.program))
    if run.record.timed_out:
        yield _command("error", {"title": "timeout"}, title_of_run(run))


def _place(finding: Finding, locate: Callable[[Frame], str]) -> dict[str, str]:
    frames = () if finding.report is None else main_frames(finding.report)
    for frame in frames:
        if (found := locate(frame)) and frame.line:
            return {"file": found, "line": str(frame.line)}
    return {}


def _command(level: str, properties: dict[str, str], message: str) -> str:
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {told}::{_data(message)}"


def _data(text: str) -> str:
    return escaped(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
