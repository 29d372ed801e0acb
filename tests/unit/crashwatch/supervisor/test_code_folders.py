"""Where a Python keeps its code, told by the files of its frames."""

from pathlib import Path

import pytest

from crashwatch.supervisor.code_folders import (
    code_roots,
    python_places,
    runs_from_a_root,
)
from reports.evidence import CodeRoots


def test_a_python_and_its_packages(tmp_path: Path) -> None:
    library = tmp_path / "lib" / "python3.12"
    library.mkdir(parents=True)
    (library / "os.py").touch()
    files = [f"{library}/threading.py", f"{library}/site-packages/a/b.py", "/app/x.py"]
    places = python_places(files)
    assert places[0] == str(library)
    assert set(places[1:]) == {
        f"{library}/site-packages",
        f"{library}/dist-packages",
        f"{tmp_path}/lib/python3/dist-packages",
    }


def test_a_virtual_environment_has_packages_only(tmp_path: Path) -> None:
    library = tmp_path / "venv" / "lib" / "python3.11"
    library.mkdir(parents=True)
    found = python_places([f"{library}/site-packages/a.py"])
    assert set(found) == {f"{library}/site-packages", f"{library}/dist-packages"}


def test_files_of_no_python_tell_nothing() -> None:
    assert python_places(["", "<string>", "lib/python3.11/os.py", "/lib/x.py"]) == ()


@pytest.mark.parametrize(
    ("script", "module"),
    [("/venv/bin/pytest", ""), ("/usr/bin/py.test", ""), ("", "pytest")],
)
@pytest.mark.parametrize("mark", ["pyproject.toml", "pytest.ini", "setup.cfg"])
def test_a_test_runners_application_is_the_project(
    script: str, module: str, mark: str, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    below = project / "tests" / "unit"
    below.mkdir(parents=True)
    (project / mark).touch()
    roots = code_roots(
        [], script=script, module=module, folder=str(below), home="/home/mara"
    )
    assert roots.app == (str(project),)


def test_tests_outside_of_every_project_are_those_of_the_folder(tmp_path: Path) -> None:
    roots = code_roots(
        [], script="", module="pytest", folder=str(tmp_path), home="/home/mara"
    )
    assert roots.app == (str(tmp_path),)


def test_a_home_that_is_marked_is_no_project(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    folder = tmp_path / "notes"
    folder.mkdir()
    at_home, below = (
        code_roots(
            [], script="", module="pytest", folder=str(where), home=str(tmp_path)
        )
        for where in (tmp_path, folder)
    )
    assert (at_home.app, at_home.app_is_flat) == ((), (str(tmp_path),))
    assert below.app == (str(folder),)


def test_any_other_script_is_in_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    roots = code_roots(
        [], script="/opt/tool/pytest.py", module="", folder=str(tmp_path), home=""
    )
    assert roots.app == ("/opt/tool",)


@pytest.fixture
def installed(tmp_path: Path) -> CodeRoots:
    """A Python's folders, an application that is a package, and what is in neither."""
    for name in (
        *("stdlib/timeit.py", "stdlib/http/server.py", "stdlib/json/__init__.py"),
        *("packages/pytest/__main__.py", "packages/zoe.so"),
        *("work/pachyterm/__main__.py", "work/pachyterm/tools/draw.py"),
        *("work/diary.py", "work/other/__main__.py"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return CodeRoots(
        stdlib=(str(tmp_path / "stdlib"),),
        site_packages=(str(tmp_path / "packages"),),
        app=(str(tmp_path / "work" / "pachyterm"),),
    )


@pytest.mark.parametrize(
    "module", ["timeit", "http.server", "pytest", "pachyterm", "pachyterm.tools.draw"]
)
def test_a_module_below_a_root_may_be_named(installed: CodeRoots, module: str) -> None:
    assert runs_from_a_root(module, installed)


@pytest.mark.parametrize(
    "module",
    [
        *("", ".", "..", "json", "zoe", "diary", "other", "other.__main__"),
        *("../work/diary", "../packages/pytest", "timeit.py", "http/server", "ti meit"),
        *("pachyterm.tools", "pachyterm..tools", "\u0442imeit", "timeit\n", "/timeit"),
        "x" * 5000,
    ],
)
def test_any_other_argument_is_not(installed: CodeRoots, module: str) -> None:
    assert not runs_from_a_root(module, installed)
