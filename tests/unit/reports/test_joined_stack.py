"""Python frames take the place of the evaluations that ran them."""

from __future__ import annotations

import pytest

from reports.backtrace import Frame, Thread
from reports.joined_stack import joined

EVALUATION = "_PyEval_EvalFrameDefault"


def python(*names):
    """Python frames; a name that ends in ``!`` was called by C code."""
    return tuple(
        Frame(name.rstrip("!"), "<app>/main.py", 1, entry=name.endswith("!"))
        for name in names
    )


def native(*names, module="libpython3.12.so.1.0"):
    modules = {"E": (EVALUATION, module), "V": ("_PyEval_Vector", module)}
    return tuple(
        Frame(*modules.get(name, (name, "libc.so.6"))[:1], "<module>/x", None,
              modules.get(name, (name, "libc.so.6"))[1], 0x10)
        for name in names
    )  # fmt: skip


def names(frames, natives):
    thread = Thread("", crashed=True, frames=frames, native=natives)
    shown = [frame.function for frame in joined(thread)]
    return " ".join("E" if name == EVALUATION else name for name in shown)


@pytest.mark.parametrize(
    ("frames", "natives", "expected"),
    [
        ("a! b! c!", "x E V y E z E start", "x a y b z c start"),
        ("a b! c!", "x E V y E start", "x a b y c start"),
        ("a b c!", "x E V start", "x a b c start"),
        ("a!", "x E V y E start", "x E y a start"),
        ("a! b! c!", "x E y E start", "x a y b c start"),
        ("a! b!", "x y", "x y a b"),
        ("", "x E start", "x E start"),
        ("a b", "x E y E start", "x a y b start"),
        ("a b c", "x E y E start", "x E y a b c start"),
        ("a!", "", "a"),
    ],
    ids=[
        *("one-each", "chains", "one-chain", "just-begun", "cut-short", "none-seen"),
        *("no-python", "unmarked-equal", "unmarked-unequal", "no-native"),
    ],
)
def test_each_chain_stands_at_its_evaluation(frames, natives, expected):
    assert names(python(*frames.split()), native(*natives.split())) == expected


@pytest.mark.parametrize(
    ("module", "is_python"),
    [
        ("python3.11", True),
        ("libpython3.13t.so.1.0", True),
        ("libpython3.so", True),
        ("libfoo.so", False),
        ("_ctypes.cpython-311-x86_64-linux-gnu.so", False),
    ],
)
def test_only_the_interpreter_s_own_function_is_an_evaluation(module, is_python):
    shown = names(python("a!"), native("x", "E", module=module))
    assert shown == ("x a" if is_python else "x E a")


def test_a_split_off_part_of_the_evaluation_counts():
    part = Frame(EVALUATION + ".cold", "<module>/x", None, "python3.11", 1)
    assert names(python("a!"), (part,)) == "a"
