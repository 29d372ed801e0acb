"""Sizes, names and first sentences of every file we ship; what the wheel holds."""

import ast
import itertools
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("crashwatch", "reports", "scrubbers")
IN_THE_TERMINAL = sorted((ROOT / "crashwatch" / "client" / "inside").glob("*.py"))
LONGEST_FILE = 400
SAYS_NOTHING = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "manager",
    "core",
    "base",
}
MEMORY_OF_THIS_MACHINE = re.compile(
    r"(?<![\w.])/(?:work|root/\.pyenv|opt/pypi)\b|://(?!example)[\w.-]*pypi[\w.-]*/"
)


def sources(*folders):
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def named(paths):
    return [str(path.relative_to(ROOT)) for path in paths]


def test_there_is_something_to_check():
    assert len(sources(*PACKAGES)) > 100


def test_no_file_is_longer_than_a_sitting():
    long = [
        path
        for path in sources(*PACKAGES)
        if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_FILE
    ]
    assert not named(long)


def test_every_module_says_in_one_sentence_what_it_is():
    silent = []
    for path in sources(*PACKAGES):
        said = ast.get_docstring(ast.parse(path.read_bytes())) or ""
        if path in IN_THE_TERMINAL:
            said = first_comment(path)
        if not said.split("\n\n")[0].rstrip().endswith((".", ":", "?")):
            silent.append(path)
    assert not named(silent)


def first_comment(path):
    lines = path.read_text("utf-8").splitlines()
    return "\n".join(
        line[2:] for line in itertools.takewhile(lambda line: line[:1] == "#", lines)
    )


def test_no_docstring_stays_in_the_terminal():
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    found = [
        path
        for path in IN_THE_TERMINAL
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, kinds) and ast.get_docstring(node)
    ]
    assert len(IN_THE_TERMINAL) > 10
    assert not named(found)


def test_no_name_says_nothing():
    every = [
        path for folder in (*PACKAGES, "tests") for path in (ROOT / folder).rglob("*")
    ]
    assert not named(path for path in every if path.stem in SAYS_NOTHING)


def test_tests_are_not_imported_by_what_we_ship():
    wrong = re.compile(r"^\s*(?:from|import) (?:tests|fixtures)\b", re.MULTILINE)
    found = [p for p in sources(*PACKAGES) if wrong.search(p.read_text("utf-8"))]
    assert not named(found)


def test_no_silence_without_its_reason():
    """`# noqa` names its rule and says why; `# type: ignore` names its error."""
    bare = re.compile(r"#\s*(?:noqa(?!: [A-Z]+\d+)|type:\s*ignore(?!\[))")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources(*PACKAGES)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if bare.search(line)
    ]
    assert not found


def test_nothing_remembers_the_machine_it_was_written_on():
    kept = [ROOT / name for name in ("Makefile", "pyproject.toml", *_documents())]
    kept += [path for path in (ROOT / ".ci").iterdir() if path.is_file()]
    kept += sources(*PACKAGES, "tests", "fixtures")
    found = [
        path
        for path in kept
        if path != Path(__file__)
        and MEMORY_OF_THIS_MACHINE.search(path.read_text("utf-8"))
    ]
    assert not named(found)


def _documents():
    return [path.name for path in ROOT.glob("*.md")] + [
        str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md")
    ]


SCRIPT = "crashwatch-{}.data/scripts/crashwatch"
"""Our own command: the one that pip makes for an entry point costs 10 ms more."""


@pytest.fixture(scope="module")
def built_wheel(tmp_path_factory):
    """The wheel, made without a network: hatchling is installed for it."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def wheel(built_wheel):
    """Names in the wheel, without the command and the manual pages."""
    with zipfile.ZipFile(built_wheel) as archive:
        return {n for n in archive.namelist() if ".data/" not in n}


def test_the_manual_pages_come_with_the_wheel(built_wheel):
    """pip puts them below the environment's ``share``, where man looks."""
    with zipfile.ZipFile(built_wheel) as archive:
        pages = {n for n in archive.namelist() if ".data/data/" in n}
    found = {name.rpartition("/data/")[2] for name in pages}
    made = {path.name for path in (ROOT / "docs" / "man").iterdir()}
    assert found == {f"share/man/man1/{name}" for name in made}
    assert "crashwatch.1" in made


def test_the_command_in_the_wheel_may_be_run(built_wheel):
    """pip keeps the mode that the archive has."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    with zipfile.ZipFile(built_wheel) as archive:
        scripts = [n for n in archive.namelist() if ".data/scripts/" in n]
        assert scripts == [SCRIPT.format(project["version"])]
        mode = archive.getinfo(scripts[0]).external_attr >> 16
        assert mode & 0o111 == 0o111
        assert archive.read(scripts[0]).startswith(b"#!python\n")


def test_the_wheel_holds_the_three_packages_and_nothing_else(wheel):
    tops = {name.partition("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_the_wheel_holds_every_file_of_the_packages(wheel):
    ours = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in wheel if ".dist-info/" not in name} == ours
    assert "crashwatch/client/injected/sitecustomize.py" in ours
    assert {f"{package}/py.typed" for package in PACKAGES} <= ours


def test_every_dependency_has_a_lower_bound_and_no_other():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pattern = re.compile(r"\A[A-Za-z0-9-]+>=[0-9.]+\Z")
    assert [d for d in project["dependencies"] if not pattern.match(d)] == []
