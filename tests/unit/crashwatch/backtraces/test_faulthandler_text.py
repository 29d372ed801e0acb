"""faulthandler's text, as each Python writes it."""

import signal
import subprocess

import pytest

from crashwatch.backtraces.faulthandler_text import (
    announced_signal,
    parse_faulthandler,
)

CRASH = """
import faulthandler, os, signal, sys, threading
faulthandler.enable()
def {name}():
    os.kill(os.getpid(), signal.{signal})
def idle():
    started.set(); threading.Event().wait()
started = threading.Event()
threading.Thread(target=idle, daemon=True).start()
started.wait()
{name}()
"""


def crash(python, tmp_path, *, name="fails", number="SIGSEGV", file="app.py"):
    script = tmp_path / file
    script.write_text(CRASH.format(name=name, signal=number), encoding="utf-8")
    ended = subprocess.run(
        [python.executable, str(script)], capture_output=True, check=False, timeout=30
    )
    assert ended.returncode == -getattr(signal, number)
    return ended.stderr, script


def test_as_it_is_written(each_python, tmp_path):
    text, script = crash(each_python, tmp_path)
    found = parse_faulthandler(text)
    assert found.error == "Segmentation fault"
    (crashed,) = [thread for thread in found.threads if thread.crashed]
    assert len(found.threads) == 2
    frames = [(f.function, f.file, f.line) for f in crashed.frames]
    assert frames == [("fails", str(script), 5), ("<module>", str(script), 11)]


@pytest.mark.parametrize("number", ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL"])
def test_the_announced_signal(number, each_python, tmp_path):
    text, _ = crash(each_python, tmp_path, number=number)
    assert announced_signal(text) == getattr(signal, number)


def test_names_that_are_not_ascii_stay_escaped(each_python, tmp_path):
    text, _ = crash(each_python, tmp_path, name="zoë_名字", file="zoë.py")
    (crashed,) = [t for t in parse_faulthandler(text).threads if t.crashed]
    assert crashed.frames[0].function == r"zo\xeb_\u540d\u5b57"
    assert crashed.frames[0].file.endswith(r"/zo\xeb.py")


def test_long_names_are_cut(each_python, tmp_path):
    text, _ = crash(each_python, tmp_path, name="f" * 700)
    (crashed,) = [t for t in parse_faulthandler(text).threads if t.crashed]
    assert crashed.frames[0].function == "f" * 500 + "..."


@pytest.mark.parametrize("data", [b"", b"\n", b"Fatal Python error: \n", b"\xff\xfe"])
def test_nothing(data):
    assert parse_faulthandler(data).threads == ()
    assert announced_signal(data) == 0


def test_one_thread_has_another_header():
    text = b'Stack (most recent call first):\n  File "/x.py", line 1 in f\n'
    (thread,) = parse_faulthandler(text).threads
    assert thread.crashed
    assert thread.frames[0].function == "f"


def test_frames_before_any_header_belong_to_nobody():
    assert parse_faulthandler(b'  File "/x.py", line 1 in f\n').threads == ()
