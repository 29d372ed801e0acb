"""Which place a frame's path is told as."""

from __future__ import annotations

import pytest

from reports.code_roots import PlaceFinder
from reports.evidence import CodeRoots, RawFrame

STDLIB = "/usr/lib/python3.11"
ROOTS = CodeRoots(
    stdlib=(STDLIB, "/usr/lib/python3.11/lib-dynload"),
    site_packages=(f"{STDLIB}/site-packages", "/home/zoe/.local/lib/site-packages"),
    app=("/opt/pachy/", "/srv/real"),
    app_is_flat=("/home/zoe", "/tmp"),
)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (f"{STDLIB}/json/decoder.py", "<stdlib>/json/decoder.py"),
        # Site-packages inside the standard library: the longest root wins.
        (f"{STDLIB}/site-packages/pyte/screens.py", "<site-packages>/pyte/screens.py"),
        ("/home/zoe/.local/lib/site-packages/x.py", "<site-packages>/x.py"),
        ("/opt/pachy/a/b.py", "<app>/a/b.py"),
        ("/opt/pachy/./a//b.py", "<app>/a/b.py"),
        ("/opt/pachy/a/../b.py", "<app>/b.py"),
        ("/srv/real/a.py", "<app>/a.py"),
        ("/home/zoe/run.py", "<app>/run.py"),
        ("/tmp/run.py", "<app>/run.py"),
        ("<frozen importlib._bootstrap>", "<frozen>"),
        ("<built-in>", "<frozen>"),
    ],
)  # fmt: skip
def test_below_a_root(path, told):
    assert PlaceFinder(ROOTS).place(RawFrame("f", path)) == (told, True)


@pytest.mark.parametrize(
    "path",
    [
        "/home/zoe/secret/run.py",  # below a flat root only its own files count
        "/opt/pachy/../../home/other/x.py",
        "/opt/pachyterm/x.py",  # no component of the root
        "/opt/pachy",
        "//opt/pachy/x.py",  # POSIX gives two slashes a meaning of their own
        "/etc/x.py",
        "<string>",
        "<stdin>",
        "<ipython-input-3-zoe>",
        "<frozen zoe quarles>",
        "<frozen os",
        "main.py",
        "",
    ],
)
def test_private(path):
    assert PlaceFinder(ROOTS).place(RawFrame("f", path)) == ("<private>", False)


@pytest.mark.parametrize("root", ["", ".", "relative", "/"])
def test_roots_that_are_none(root):
    finder = PlaceFinder(CodeRoots(app=(root,)))
    assert finder.place(RawFrame("f", "/home/zoe/x.py")).file == "<private>"


@pytest.mark.parametrize("module", ["libc.so.6", "_ctypes.cpython-311.so"])
def test_native_modules_are_told_by_their_base_name(module):
    place = PlaceFinder(CodeRoots()).place(RawFrame("f", "", module=module))
    assert place == (f"<module>/{module}", True)


@pytest.mark.parametrize("module", ["/home/zoe/lib.so", "a b", "x" * 200, "a\n"])
def test_native_modules_of_another_form_are_private(module):
    place = PlaceFinder(CodeRoots()).place(RawFrame("f", "", module=module))
    assert not place.known


def test_names_are_those_of_known_code():
    finder = PlaceFinder(ROOTS)
    known = finder.names(RawFrame("draw", "/opt/pachy/a/b.py"))
    assert list(known) == ["draw", "<app>/a/b.py"]
    assert list(finder.names(RawFrame("zoe", "/etc/x.py"))) == []
