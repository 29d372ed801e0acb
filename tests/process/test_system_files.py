"""The administrator's and the distribution's files, at their real places."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from crashwatch.distribution_file import DEFAULTS_PATH
from crashwatch.policy_file import POLICY_PATH
from tests.doubles.command_line import environment
from tests.doubles.laid_over import machine_with, require_laying_over

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs ``crashwatch`` on a machine that has these files."""
    require_laying_over(tmp_path / "machine")

    def run(
        files: Mapping[str, str], *words: str | Path
    ) -> subprocess.CompletedProcess[str]:
        machine = machine_with(tmp_path / "machine", files)
        return subprocess.run(
            [*machine, sys.executable, "-m", "crashwatch", *words],
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def decided(run: Run, files: Mapping[str, str]) -> dict[str, tuple[object, ...]]:
    rows = json.loads(run(files, "status", "--json").stdout)["consent"]
    names = ("allowed", "asked", "decided_by")
    return {row["category"]: tuple(row[name] for name in names) for row in rows}


def crash(run: Run, files: Mapping[str, str], programs: Path) -> None:
    """A crash under ``crashwatch run``, which ends as it would alone."""
    ended = run(files, "run", "--", sys.executable, programs / "null_read.py")
    assert (ended.returncode, ended.stderr) == (-11, "")


@pytest.mark.parametrize(
    ("path", "text", "by"),
    [
        (POLICY_PATH, "force_off = true", "administrator"),
        (POLICY_PATH, 'forbid = ["crash"]', "administrator"),
        (POLICY_PATH, "force_off = ", "administrator"),
        (DEFAULTS_PATH, "off = true", "distribution"),
        (DEFAULTS_PATH, "off = ", "distribution"),
    ],
)
def test_off_by_such_a_file_captures_nothing(
    run: Run, programs: Path, crashwatch_home: Path, path: str, text: str, by: str
) -> None:
    assert decided(run, {path: text})["crash"] == (False, False, by)
    crash(run, {path: text}, programs)
    assert not crashwatch_home.exists()


def test_a_distribution_that_does_not_ask_keeps_the_crash_here(
    run: Run, programs: Path, crashwatch_home: Path
) -> None:
    build = {DEFAULTS_PATH: "ask = false"}
    assert decided(run, build)["crash"] == (False, False, "distribution")
    crash(run, build, programs)
    assert len(list(crashwatch_home.glob("reports/pending/*"))) == 1
    # Nor is it told at the next start that somebody should have been asked.
    assert not (crashwatch_home / "unasked").exists()


def test_the_persons_yes_goes_before_the_distribution_and_after_the_administrator(
    run: Run, programs: Path, crashwatch_home: Path
) -> None:
    build = {DEFAULTS_PATH: "off = true"}
    assert run(build, "consent", "grant", "crash").returncode == 0
    crash(run, build, programs)
    assert len(list(crashwatch_home.glob("reports/queued/*"))) == 1
    both = build | {POLICY_PATH: "force_off = true"}
    crash(run, both, programs)
    assert len(list(crashwatch_home.glob("reports/*/*/origin.json"))) == 1
    assert decided(run, both)["crash"] == (False, False, "administrator")
