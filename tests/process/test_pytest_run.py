"""pytest under crashwatch: a test that dies is named, whoever ran it."""

import json
import sys
import xml.etree.ElementTree as ET
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


@pytest.fixture(autouse=True)
def _no_other_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are installed here take a second to load, and are not asked for."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def test_the_report_names_the_test(project: Path) -> None:
    options = ["-q", "-p", "no:cacheprovider"]
    command = supervised([sys.executable, "-m", "pytest", *options], "--headless")
    ending = run_to_end(command, directory=project / "tests")
    assert ending.fate == "SIGSEGV"
    assert b"Fatal Python error: Segmentation fault" in ending.errors
    (row,) = crashwatch_json("reports", "list")
    shown = crashwatch("reports", "show", row["id"]).out
    assert "test      tests/test_text.py::TestText::test_length\n" in shown
    report = crashwatch_json("reports", "show", row["id"])
    assert report["program"] == row["program"] == "pytest"
    assert str(project) not in json.dumps(report)


@pytest.mark.slow
def test_a_worker_of_xdist_names_its_test_for_the_build_server(
    project: Path, tmp_path: Path
) -> None:
    """The worker dies of its fault, pytest goes on and tells of it as ever."""
    folder = tmp_path / "artifacts"
    words = ["-q", "-p", "no:cacheprovider", "-p", "xdist"]
    words += ["-n", "1", "--max-worker-restart=0"]
    options = ["--headless", "--follow-children", f"--artifacts={folder}"]
    command = supervised([sys.executable, "-m", "pytest", *words], *options)
    ending = run_to_end(command, directory=project, deadline=120)
    assert ending.fate == "exit 1"
    assert b"worker 'gw0' crashed while running" in ending.output
    assert b"Fatal Python error: Segmentation fault" in ending.errors
    assert b"in test_length" in ending.errors
    (report,) = [json.loads(file.read_text()) for file in folder.glob("report*.json")]
    assert report["reason"]["signal"] == "SIGSEGV"
    assert report["child_of"] == report["program"] == "pytest"
    assert {"ptrace", "py-spy"} <= set(report["capture"]["sources"])
    name = "tests/test_text.py::TestText::test_length"
    for file in ("report.md", "report.html"):
        text = (folder / file).read_text()
        assert name in text
        assert "child of" in text
        assert "(a child) crashed" in text
    failed = ET.parse(folder / "junit.xml").findall(".//testcase[failure]")
    assert name in ET.tostring(failed[0]).decode()
