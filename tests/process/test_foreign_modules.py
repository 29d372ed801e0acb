"""Modules of the watched project that are named like ours, or like our libraries.

``PYTHONPATH`` and the working directory are the program's: `reports` is an ordinary
name of a package, and a project may have a `click.py`.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.doubles.kept_reports import only_report
from tests.doubles.target_program import run_to_end, supervised

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

HERE = str(Path(__file__).parents[2])
TAKEN = ("scrubbers", "click", "msgspec", "psutil", "select", "resource")
CRASHES = "import os, reports; print(reports.MINE, flush=True); os.abort()"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder of modules that nobody but the program may load."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in TAKEN:
        (folder / f"{name}.py").write_text("raise RuntimeError('not yours')\n")
    (folder / "reports.py").write_text("MINE = 'its own'\n")
    return folder


def environment(project: Path) -> dict[str, str]:
    paths = os.pathsep.join([str(project), HERE])
    return {**os.environ, "PYTHONPATH": paths}


@pytest.mark.parametrize("options", [(), ("--resident",), ("--capture=trace",)])
def test_the_program_loads_its_own_modules_and_we_ours(
    options: tuple[str, ...], project: Path, crashwatch_home: Path
) -> None:
    command = [sys.executable, "-c", CRASHES]
    ending = run_to_end(
        supervised(command, *options),
        environment=environment(project),
        directory=Path("/"),  # `-c` looks for modules in the working directory first
    )
    assert (ending.fate, ending.output) == ("SIGABRT", b"its own\n")
    assert ending.errors == b""
    assert only_report(crashwatch_home)["reason"]["signal"] == "SIGABRT"


def test_in_the_projects_folder_every_command_loads_ours(project: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "crashwatch", "status"],
        cwd=project,
        env=environment(project),
        capture_output=True,
        check=False,
        text=True,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "crash        ask" in ended.stdout
