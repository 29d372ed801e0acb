"""pytest under crashwatch: a test that dies is named, whoever ran it."""

import json
import sys
from pathlib import Path

import pytest

from tests.doubles.command_line import crashwatch, crashwatch_json
from tests.doubles.target_program import run_to_end, supervised

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

DIES = """\
import ctypes


class TestText:
    def test_length(self):
        ctypes.CDLL(None).strlen(ctypes.c_void_p(8))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one test file in a folder below."""
    folder = tmp_path / "project"
    (folder / "tests").mkdir(parents=True)
    (folder / "pyproject.toml").touch()
    (folder / "tests" / "test_text.py").write_text(DIES)
    return folder


@pytest.mark.parametrize("folder", [".", "tests"])
def test_the_report_names_the_test(folder: str, project: Path) -> None:
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command = supervised([sys.executable, "-m", "pytest", *options], "--headless")
    ending = run_to_end(command, directory=project / folder)
    assert ending.fate == "SIGSEGV"
    assert b"Fatal Python error: Segmentation fault" in ending.errors
    (row,) = crashwatch_json("reports", "list")
    shown = crashwatch("reports", "show", row["id"]).out
    assert "test      tests/test_text.py::TestText::test_length\n" in shown
    report = json.dumps(crashwatch_json("reports", "show", row["id"]))
    assert str(project) not in report
