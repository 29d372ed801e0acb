"""What kind of program is to be started: files made here, nothing is run."""

from __future__ import annotations

import pytest

from crashwatch.supervisor.program import Kind, Program, examine

PYTHON, MAYBE = Kind.PYTHON, Kind.MAYBE
ISOLATED, NATIVE = Kind.ISOLATED, Kind.NATIVE


@pytest.fixture
def write(tmp_path):
    def write(name, data):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return str(path)

    return write


@pytest.mark.parametrize(
    "name",
    ["python", "python3", "python3.12", "/usr/bin/python2.7", "python3.13t", "pythonw"],
)
def test_an_interpreter_is_known_by_its_name(name):
    assert examine(name, ["x.py"]) == Program(PYTHON, script="x.py")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], Program(PYTHON)),
        (["x.py", "-I"], Program(PYTHON, script="x.py")),
        (["-I", "x.py"], Program(ISOLATED, script="x.py")),
        (["-E", "x.py"], Program(ISOLATED, script="x.py")),
        (["-S", "x.py"], Program(ISOLATED, script="x.py")),
        (["-sE", "x.py"], Program(ISOLATED, script="x.py")),
        (["-s", "-u", "-B", "x.py"], Program(PYTHON, script="x.py")),
        (["-m", "pachy.cli", "-I"], Program(PYTHON, module="pachy.cli")),
        (["-mpachy"], Program(PYTHON, module="pachy")),
        (["-um", "pachy"], Program(PYTHON, module="pachy")),
        (["-Im", "pachy"], Program(ISOLATED, module="pachy")),
        (["-m"], Program(PYTHON)),
        (["-c", "import sys", "-E"], Program(PYTHON)),
        (["-cIES"], Program(PYTHON)),
        (["-X", "dev", "x.py"], Program(PYTHON, script="x.py")),
        (["-Xdev", "x.py"], Program(PYTHON, script="x.py")),
        (["-X", "-I", "x.py"], Program(PYTHON, script="x.py")),
        (["-W", "error::E", "x.py"], Program(PYTHON, script="x.py")),
        (["-WIES", "x.py"], Program(PYTHON, script="x.py")),
        (["-uX", "dev", "x.py"], Program(PYTHON, script="x.py")),
        (["-X"], Program(PYTHON)),
        (["-"], Program(PYTHON)),
        (["--version"], Program(PYTHON)),
        (["--check-hash-based-pycs", "always", "x.py"],
         Program(PYTHON, script="x.py")),
        (["--", "-x.py"], Program(PYTHON, script="-x.py")),
        (["", "x.py"], Program(PYTHON)),
    ],
)  # fmt: skip
def test_the_interpreter_s_own_options(words, expected):
    assert examine("python3", words) == expected


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("#!/usr/bin/python3", PYTHON),
        ("#!/usr/bin/python3 -I", ISOLATED),
        ("#!/usr/bin/python3 -sE", ISOLATED),
        ("#! /usr/bin/python3.12 -u", PYTHON),
        ("#!/usr/bin/env python3", PYTHON),
        ("#!/usr/bin/env -S python3 -I", ISOLATED),
        ("#!/usr/bin/env -S python3 -u", PYTHON),
        ("#!/usr/bin/env -Spython3 -u", PYTHON),
        ("#!/usr/bin/env -vS python3 -u", PYTHON),
        ("#!/usr/bin/env -S -u HOME python3", PYTHON),
        ("#!/usr/bin/env -S --ignore-environment python3", ISOLATED),
        ("#!/usr/bin/env -S -i python3", ISOLATED),
        ("#!/usr/bin/env -S A=b python3", PYTHON),
        ("#!/usr/bin/env", NATIVE),
        ("#!", NATIVE),
        ("#!/usr/bin/perl", NATIVE),
        ("#!/usr/bin/env perl", NATIVE),
        ("#!/nowhere/interpreter", NATIVE),
    ],
)
def test_the_first_line_is_looked_through(write, line, kind):
    path = write("start", f"{line}\nprint(1)\n")
    found = examine(path, ["-E", "--x"])
    assert found.kind is kind
    if kind in {PYTHON, ISOLATED}:
        assert found.script == path


@pytest.mark.parametrize("shell", ["/bin/sh", "/usr/bin/env bash", "/bin/dash -e"])
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("exec /opt/pachy/bin/python3 -m pachy", MAYBE),
        ('exec "$(pyenv which pachy)"', MAYBE),
        ("exec uv run pachy", MAYBE),
        ("exec /usr/bin/htop", NATIVE),
        ("louver", NATIVE),
    ],
)
def test_shell_scripts_may_end_in_python(write, shell, body, kind):
    assert examine(write("start", f"#!{shell}\n{body}\n"), []).kind is kind


def test_executables_with_and_without_an_interpreter_inside(write):
    inside = b"\x7fELF" + bytes(100_000) + b"\0Py_BytesMain\0"
    assert examine(write("kitty", inside), []).kind is MAYBE
    assert examine(write("htop", b"\x7fELF" + bytes(100_000)), []).kind is NATIVE
    assert examine(write("cut", b"\x7fELF"), []).kind is NATIVE


def test_what_cannot_be_read_is_native(write, tmp_path):
    assert examine(write("empty", b""), []).kind is NATIVE
    assert examine(str(tmp_path / "missing"), []).kind is NATIVE
    assert examine(str(tmp_path), []).kind is NATIVE
    assert examine("", []).kind is NATIVE


def test_a_named_pipe_is_not_waited_for(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe")
    assert examine(str(tmp_path / "pipe"), []).kind is NATIVE


def test_interpreters_of_interpreters_end(write, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text(f"#!{two}\n")
    two.write_text(f"#!{one}\n")
    assert examine(str(one), []).kind is MAYBE


def test_a_script_by_way_of_another_script_s_interpreter(write):
    runner = write("runner", "#!/usr/bin/python3 -u\n")
    script = write("script", f"#!{runner} --fast\n")
    assert examine(script, ["x"]) == Program(PYTHON, script=runner)


def test_an_undecodable_first_line(write):
    assert examine(write("odd", b"#!/bin/\xff\xfe\nx"), []).kind is NATIVE
