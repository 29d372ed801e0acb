"""Of native frames only functions of known modules are told, and paths never."""

from __future__ import annotations

import msgspec
import pytest

from reports.backtrace import PRIVATE, UNKNOWN
from reports.compose import compose
from reports.crash_report import CrashReport
from reports.evidence import CodeRoots, RawNativeFrame, RawThread
from scrubbers import Identity
from tests.doubles.sample_evidence import sample_evidence

HOME = "/home/annqu"
PERSON = Identity(user="annqu", home=HOME, full_name="Ann Quillinan")
ROOTS = CodeRoots(
    stdlib=(f"{HOME}/.pyenv/versions/3.11.4/lib/python3.11",),
    site_packages=(f"{HOME}/.venv/lib/python3.11/site-packages",),
    app=("/srv/pachy",),
)
PYENV = f"{HOME}/.pyenv/versions/3.11.4"


def told(*frames):
    thread = RawThread("", crashed=True, frames=(), tid=1, native=frames)
    evidence = sample_evidence(threads=(thread,), roots=ROOTS)
    payload = compose(evidence, identity=PERSON)
    assert b"annqu" not in payload.report_json
    report = msgspec.json.decode(payload.report_json, type=CrashReport)
    return report.threads[0].native, report.removed


def one(name, path, shown):
    (frame,), _ = told(RawNativeFrame(name, path, shown, 0x1234))
    return frame


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/lib/x86_64-linux-gnu/libc.so.6", "/lib/x86_64-linux-gnu/libc.so.6"),
        ("/usr/bin/python3.11", "/usr/bin/python3.11"),
        ("linux-vdso.so.1", "linux-vdso.so.1"),
        (f"{PYENV}/lib/libpython3.11.so.1.0", "<home>/lib/libpython3.11.so.1.0"),
        (f"{PYENV}/bin/python3.11", "<home>/bin/python3.11"),
        (f"{PYENV}/lib/python3.11/lib-dynload/_ssl.so", "<home>/_ssl.so"),
        (f"{HOME}/.venv/lib/python3.11/site-packages/np/c.so", "<home>/c.so"),
        ("/srv/pachy/native/fast.so", "<app>/native/fast.so"),
    ],
)
def test_functions_of_known_modules_are_told(path, shown):
    frame = one("do_it", path, shown)
    name = path.rpartition("/")[2]
    assert (frame.function, frame.file) == ("do_it", f"<module>/{name}")
    assert (frame.module, frame.address) == (name, 0x1234)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/opt/corp/libplugin.so", "/opt/corp/libplugin.so"),
        ("/usr/local/lib/libplugin.so", "/usr/local/lib/libplugin.so"),
        (f"{HOME}/code/libplugin.so", "<home>/libplugin.so"),
        (f"{PYENV}/lib/libplugin.so", "<home>/lib/libplugin.so"),
        ("/mnt/usr/lib/libplugin.so", "<private>/libplugin.so"),
    ],
)
def test_functions_of_other_modules_are_not(path, shown):
    frame = one("secret_recipe", path, shown)
    assert (frame.function, frame.module) == (PRIVATE, "libplugin.so")


def test_a_module_whose_name_is_not_shown_is_private_whole():
    frames, removed = told(
        RawNativeFrame("f", f"{HOME}/x.so", "<home>/<private>", 1),
        RawNativeFrame("", "", "", None, guessed=True),
    )
    assert {(f.function, f.file, f.module, f.address) for f in frames} == {
        (PRIVATE, PRIVATE, "", None)
    }
    assert [frame.guessed for frame in frames] == [False, True]
    counts = {(r.rule, r.place): r.count for r in removed}
    assert counts["private code", "native frames"] == 2


@pytest.mark.parametrize("name", ["", "a b", "x" * 300, "\u00e9t\u00e9", "a\nb"])
def test_a_function_without_a_proper_name_is_unknown(name):
    assert one(name, "/lib/libc.so.6", "/lib/libc.so.6").function == UNKNOWN


@pytest.mark.parametrize(
    "name", ["_ZN4core3fmt5write17h0011223344556677E", "std$u20$x", "a.cold", "strlen"]
)
def test_names_stay_as_linkers_see_them(name):
    assert one(name, "/lib/libc.so.6", "/lib/libc.so.6").function == name
