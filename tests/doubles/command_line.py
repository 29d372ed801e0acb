"""Run ``crashwatch`` as a person at a shell does, and look at what it answers."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from crashwatch.__main__ import main
from tests.doubles.stored_bytes import contents

HERE = str(Path(__file__).parents[2])


class Answer(NamedTuple):
    """What a command said; death by a signal is a negative status."""

    status: int
    out: str
    err: str

    @property
    def error_lines(self) -> list[str]:
        """The lines of stderr."""
        return self.err.splitlines()


def environment(**changes: str) -> dict[str, str]:
    """This process's environment, so changed, in which crashwatch is found from any
    folder."""
    return {**os.environ, "PYTHONPATH": HERE, **changes}


def crashwatch(*words: str | Path, **changes: str) -> Answer:
    """Run one command to its end; ``changes`` are variables."""
    ended = subprocess.run(
        [sys.executable, "-m", "crashwatch", *words],
        env=environment(**changes),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    shown = (text.decode("utf-8", "replace") for text in (ended.stdout, ended.stderr))
    return Answer(ended.returncode, *shown)


def crashwatch_json(*words: str | Path, status: int = 0, **changes: str) -> Any:
    """The answer of a command with ``--json``."""
    answer = crashwatch(*words, "--json", **changes)
    assert answer.status == status, answer
    return json.loads(answer.out)


def watched(
    *command: str | Path, environment: Mapping[str, str] | None = None
) -> Answer:
    """Run a program under ``crashwatch run``."""
    return crashwatch("run", "--", *command, **(environment or {}))


def everything_kept(home: Path) -> bytes:
    """Names and contents of all files below home, one after the other."""
    files = sorted(path for path in home.rglob("*") if path.is_file())
    return b"\n".join(
        str(path.relative_to(home)).encode() + b"\n" + contents(path) for path in files
    )


def answer_here(capfd: pytest.CaptureFixture[str], *words: str | Path) -> Answer:
    """The same within this process, which is ten times as fast: for commands that
    start nothing and leave their process as it was."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["crashwatch", *(str(word) for word in words)])
        try:
            main()
        except SystemExit as end:
            status = end.code
        else:
            status = "returned"
    shown = capfd.readouterr()
    assert isinstance(status, int), (status, shown)
    return Answer(status, shown.out, shown.err)
