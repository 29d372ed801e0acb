"""Names that may be told."""

from __future__ import annotations

import pytest

from reports.known_names import (
    class_name,
    function_name,
    program_name,
    thread_name,
    version,
)


@pytest.mark.parametrize("name", ["f", "<module>", "A.b.<locals>.<lambda>", "naïve"])
def test_functions(name):
    assert function_name(name) == name


@pytest.mark.parametrize("name", ["", "a b", "f()", "x" * 257, "f\n", "a/b", "\udc80"])
def test_no_functions(name):
    assert function_name(name) == "<private>"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("MainThread", "MainThread"),
        ("Thread-12", "Thread-12"),
        ("Thread-12 (poll_mail_of_zoe)", "Thread-12"),
        ("ThreadPoolExecutor-0_3", "ThreadPoolExecutor-0_3"),
        ("asyncio_1", "asyncio_1"),
        ("zoe's mail", ""),
        ("Thread-1 zoe", ""),
        ("Thread-12 (a)\n", ""),
        ("MainThread\n", ""),
        ("Thread-12345678", ""),
        ("Thread-\u0662", ""),
        ("", ""),
    ],
)
def test_threads(name, told):
    assert thread_name(name) == told


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("pty-reader", "pty-reader"),
        ("pty-reader-3", "pty-reader-3"),
        ("pty-reader_12", "pty-reader_12"),
        ("pty-readers", ""),
        ("pty-reader of zoe", ""),
        ("pty-reader-3\n", ""),
        ("pty", ""),
        ("asyncio_1", "asyncio_1"),
        ("", ""),
    ],
)
def test_declared_threads(name, told):
    assert thread_name(name, ("pty-reader", "draw")) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("3.11.7", "3.11.7"),
        ("6.1.0-18-amd64", "6.1.0-18-amd64"),
        ("1.0+deb12u1", "1.0+deb12u1"),
        ("", ""),
        ("-1", ""),
        ("1.0 zoe", ""),
        ("1" * 65, ""),
        ("1.0\n", ""),
        ("\u0661.0", ""),
    ],
)
def test_versions(text, told):
    assert version(text) == told


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/home/zoe/bin/pachyterm", "pachyterm"),
        ("/home/zoe/pachyterm/", "pachyterm"),
        ("main.py", "main.py"),
        ("/home/zoe/my term", "<private>"),
        ("/", "<private>"),
        ("", "<private>"),
        ("x" * 65, "<private>"),
        ("/bin/zo\u00eb", "<private>"),
        ("./pachyterm", "pachyterm"),
        ("/home/zoe/", "<private>"),
        ("url = git@forge.example:zoe/diary.git", "<private>"),
    ],
)
def test_programs(path, told):
    assert program_name(path) == told


@pytest.mark.parametrize(
    ("module", "name", "known", "told"),
    [
        ("builtins", "OSError", False, "OSError"),
        ("exceptions", "IOError", False, "IOError"),
        ("builtins", "ZoesError", True, "<private>"),
        ("pachy.x", "Lost", True, "pachy.x.Lost"),
        ("pachy.x", "Lost", False, "<private>"),
        ("pachy", "f.<locals>.Lost", True, "pachy.f.Lost"),
        ("pachy", "Lost", True, "pachy.Lost"),
        ("pachy", "a b", True, "<private>"),
        ("pa-chy", "Lost", True, "<private>"),
        ("pachy", "L" * 300, True, "<private>"),
    ],
)
def test_classes(module, name, known, told):
    assert class_name(module, name, known=known) == told
