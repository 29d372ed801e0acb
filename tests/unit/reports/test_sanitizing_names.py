"""Paths of modules and names of threads: what is shown of them."""

from __future__ import annotations

import pytest

from reports.sanitizing.innocence import Innocence
from reports.sanitizing.module_paths import PathRule
from reports.sanitizing.thread_names import shown_thread_name
from scrubbers import Identity

ANN = Identity(
    user="annqu",
    home="/home/annqu",
    host="vm",
    full_name="Ann Quill",
    email="quill.a@example.org",
    extra=(("environment", "libc"), ("argument", "python3"), ("ip", "10.1.2.3")),
)
INNOCENCE = Innocence(ANN)
RULE = PathRule(
    INNOCENCE, ANN.home, {"/srv/term": "<app>", "/home/annqu/src": "<source>"}
)

SYSTEM = [
    "/usr/bin/python3.11",
    "/usr/lib/x86_64-linux-gnu/libc.so.6",
    "/lib64/ld-linux-x86-64.so.2",
    "/usr/lib/x86_64-linux-gnu/libboost_thread.so.1.74.0.1",
    "/usr/lib/libstdc++.so.6",
    "/opt/kitty/lib/libpython3.12.so.1.0",
    "/nix/store/abc123-glibc-2.38/lib/libm.so.6",
    "libc.so.6",
    "[vdso]",
    "linux-vdso.so.1",
    "[stack]",
    "",
]

MAPPED = {
    "/home/annqu/.pyenv/versions/3.12.1/lib/libpython3.12.so.1.0": (
        "<home>/.pyenv/versions/3.12.1/lib/libpython3.12.so.1.0"
    ),
    "/home/annqu/x.so": "<home>/x.so",
    "/home/annqu/Divorce/Lawyers/x.so": "<home>/<private>/x.so",
    "/home/annqu/a/lib/b/x.so": "<home>/<private>/lib/<private>/x.so",
    "/home/annqu/.venv/lib/python3.12/site-packages/numpy/core/x.so": (
        "<home>/.venv/lib/python3.12/site-packages/numpy/core/x.so"
    ),
    "/home/annqu/v/site-packages/annqu_tools/x.so": (
        "<home>/<private>/site-packages/<private>/x.so"
    ),
    "/home/annqu/src/engine/x.so": "<source>/engine/x.so",
    "/home/annqu/src/My Secret/x.so": "<source>/<private>/x.so",
    "/srv/term/lib/term.so": "<app>/lib/term.so",
    "/srv/terminal/x.so": "<private>/x.so",
    "/home/bob/x.so": "<private>/x.so",
    "/root/x.so": "<private>/x.so",
    "/home/annqux/x.so": "<private>/x.so",
    "/tmp/build-annqu/libannqu.so": "<private>/<private>",
    "/tmp/quill.so": "<private>/<private>",
    "/tmp/_MEI123/lib.so": "<private>/lib.so",
    "/media/disk/lib/python3.11/site-packages/a/b.so": "<private>/site-packages/a/b.so",
    "/usr/home/bob/x.so": "<private>/x.so",
    "/opt/annqu/lib/x.so": "<private>/x.so",
    "/opt/vm/lib/x.so": "<private>/x.so",
    "/usr/lib/My Documents/x.so": "<private>/x.so",
    "/usr/lib/../../home/bob/x.so": "<private>/x.so",
    "/usr/lib/../../srv/x.so": "<private>/x.so",
    "/usr/lib/zoë.so": "<private>/<private>",
    "/usrx/lib.so": "<private>/lib.so",
    "C:\\Users\\annqu\\x.dll": "<private>",
    "libannqu.so": "<private>",
    "two words.so": "<private>",
    "relative/annqu/x.so": "<private>/x.so",
    "/memfd:annqu": "<private>/<private>",
    "/tmp/\x1b]0;x\x07.so": "<private>/<private>",
    "/home/annqu/x.so (deleted)": "<home>/x.so (deleted)",
    "/usr/lib/libz.so.1 (deleted)": "/usr/lib/libz.so.1 (deleted)",
}


@pytest.mark.parametrize("path", SYSTEM)
def test_system_paths_stay_for_the_debugger(path):
    assert RULE.shown(path) == path


@pytest.mark.parametrize(("path", "shown"), MAPPED.items(), ids=range(len(MAPPED)))
def test_paths_of_people_become_labels(path, shown):
    assert RULE.shown(path) == shown


@pytest.mark.parametrize("path", sorted({*MAPPED.values(), *SYSTEM}))
def test_a_path_that_was_shown_stays_as_it_is(path):
    assert RULE.shown(path) == path


def test_a_short_identity_is_matched_as_a_whole_word_only():
    assert INNOCENCE.names_person("the VM is up")
    assert not INNOCENCE.names_person("libvmware.so")


def test_a_long_identity_is_matched_anywhere_in_any_case():
    assert INNOCENCE.names_person("xQUILLx")
    assert INNOCENCE.names_person("quill.a@example.org")
    assert INNOCENCE.names_person("at 10.1.2.3:80")


def test_arguments_and_environment_do_not_taint_libraries():
    assert not INNOCENCE.names_person("libc.so.6")
    assert not INNOCENCE.names_person("python3.11")


def test_nobodys_machine_taints_nothing():
    nobody = Innocence(Identity())
    assert not nobody.names_person("")
    assert not nobody.names_person("anything")


def test_a_home_that_is_the_root_folder_is_no_home():
    rule = PathRule(Innocence(Identity()), "/", {})
    assert rule.shown("/usr/lib/x.so") == "/usr/lib/x.so"
    assert rule.shown("/x.so") == "<private>/x.so"


@pytest.mark.parametrize("label", ["app", "<App>", "<>", "/app", "<a/b>"])
def test_labels_must_look_like_labels(label):
    with pytest.raises(ValueError, match="label"):
        PathRule(INNOCENCE, "", {"/srv": label})


@pytest.mark.parametrize(
    "name",
    [
        *("python", "python3", "python3.13", "python3.13t", "MainThread", "gmain"),
        *("Thread-12", "ThreadPoolExecu", "asyncio_0", "pool-1-thread-2"),
        *("dconf worker", "llvmpipe-3", "KittyChildMon", "pool-spawner"),
    ],
)
def test_names_that_libraries_give_stay(name):
    assert shown_thread_name(name, "/usr/bin/prog", INNOCENCE) == name


@pytest.mark.parametrize(
    "name",
    [
        *("annqu", "vim ~/letter", "ssh wombat", "python /home", "Thread-1 (annqu)"),
        *("", "fish", "pythonista", "a\nb", "\u202eevil", "quill: editing"),
    ],
)
def test_names_that_somebody_chose_do_not(name):
    assert shown_thread_name(name, "/usr/bin/prog", INNOCENCE) == ""


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("scrollback-3", "scrollback-3"),
        ("scrollback-inde", "scrollback-inde"),  # the kernel keeps 15 bytes
        ("scrollback-ind", ""),
        ("annqu-reader", ""),  # declared, but it names the person
        ("fish", ""),
    ],
)
def test_declared_names_stay(name, shown):
    declared = ("scrollback", "scrollback-indexer", "annqu-reader")
    assert shown_thread_name(name, "/usr/bin/prog", INNOCENCE, declared) == shown


def test_the_executables_own_name_stays_if_it_is_innocent():
    long = "/usr/bin/gnome-terminal-server"
    assert shown_thread_name("gnome-terminal-", long, INNOCENCE) == "gnome-terminal-"
    assert shown_thread_name("annqu-term", "/usr/bin/annqu-term", INNOCENCE) == ""
    assert shown_thread_name("<private>", "<home>/<private>", INNOCENCE) == ""
