"""What kind of program is to be started: can the client get in? Reads file heads only.

Looked through: ``#!`` lines (``/usr/bin/env`` and its ``-S`` included), shell scripts
that mention Python (a version manager's shim, a wrapper that ends in ``exec python``),
and executables that contain an interpreter under another name.
"""

from __future__ import annotations

import enum
import mmap
import os
import re
import stat
from typing import NamedTuple

_HEAD = 65536
_DEPTH = 4
_PYTHON = re.compile(r"\Apython(?:w|\d+(?:\.\d+)*[a-z]?)?\Z")
_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash", "busybox"})
_MENTIONS_PYTHON = re.compile(
    rb"python|pyenv|conda|\.py\b|asdf|\brye\b|\buv\b|\bmise\b"
)
_INTERPRETER_INSIDE = (b"Py_RunMain", b"Py_BytesMain", b"Py_InitializeFromConfig")
_OPTIONS_WITH_VALUE = frozenset("XW")
_LONG_WITH_VALUE = "--check-hash-based-pycs"
_ENV_SPLIT = re.compile(r"-(?P<more>[v0i]*)S(?P<word>.*)|--split-string=?(?P<long>.*)")
_ENV_WITH_VALUE = frozenset({"-u", "--unset", "-C", "--chdir", "-a", "--argv0"})
_ENV_CLEARS = frozenset({"-i", "-", "--ignore-environment"})


class Kind(enum.Enum):
    """What the client can do."""

    PYTHON = "python"
    MAYBE = "maybe"
    ISOLATED = "isolated"
    NATIVE = "native"


class Program(NamedTuple):
    """What was found.

    Attributes:
        kind: PYTHON: the client gets in. MAYBE: a script that may end in Python.
            ISOLATED: Python that ignores the environment (``-I``, ``-E``) or ``site``
            (``-S``). NATIVE: no Python seen.
        script: The main script, or empty (``-m``, ``-c``, a native program).
        module: The module of ``-m``, or empty.
    """

    kind: Kind
    script: str = ""
    module: str = ""


def examine(path: str, arguments: list[str], depth: int = _DEPTH) -> Program:
    """Examine the program at ``path`` run with ``arguments`` (without ``argv[0]``)."""
    if _PYTHON.match(os.path.basename(path)) or depth == 0:
        return _python(arguments) if depth else Program(Kind.MAYBE)
    head = _head(path)
    if head.startswith(b"#!"):
        return _script(path, head, arguments, depth)
    if head.startswith(b"\x7fELF"):
        inside = _contains_interpreter(path)
        return Program(Kind.MAYBE if inside else Kind.NATIVE)
    return _shell_script(head)


def _script(path: str, head: bytes, arguments: list[str], depth: int) -> Program:
    line = os.fsdecode(head[2:].partition(b"\n")[0]).split()
    cleared = False
    if line and os.path.basename(line[0]) == "env":
        line, cleared = _behind_env(line[1:])
    if not line:
        return Program(Kind.NATIVE)
    name = os.path.basename(line[0])
    if name in _SHELLS:
        return _shell_script(head)
    if _PYTHON.match(name):
        found = _python([*line[1:], path, *arguments])
        return found._replace(kind=Kind.ISOLATED) if cleared else found
    return examine(line[0], [*line[1:], path, *arguments], depth - 1)


def _behind_env(words: list[str]) -> tuple[list[str], bool]:
    """The command that ``env`` runs, and whether it clears the environment before.

    ``-S`` may stand joined with other letters and with the command: ``-vSpython3``.
    """
    cleared = False
    rest = list(words)
    while rest:
        word = rest.pop(0)
        split = _ENV_SPLIT.fullmatch(word)
        if split is not None:
            cleared |= "i" in (split["more"] or "")
            rest[:0] = [text for text in (split["word"], split["long"]) if text]
        elif word in _ENV_WITH_VALUE:
            del rest[:1]
        elif word in _ENV_CLEARS:
            cleared = True
        elif not word.startswith("-") and "=" not in word:
            return [word, *rest], cleared
    return [], cleared


def _shell_script(head: bytes) -> Program:
    mentions = _MENTIONS_PYTHON.search(head) is not None
    return Program(Kind.MAYBE if mentions else Kind.NATIVE)


def _python(arguments: list[str]) -> Program:
    """Read an interpreter's own options, up to the script."""
    words = iter(arguments)
    isolated = False
    for word in words:
        if word == "--":
            return _found(isolated, script=next(words, ""))
        if word == _LONG_WITH_VALUE:
            next(words, "")
        if not word.startswith("-") or word == "-":
            return _found(isolated, script=word)
        if word.startswith("--"):
            continue
        for position, letter in enumerate(word[1:], start=2):
            if letter in "mc":
                value = word[position:] or next(words, "")
                return _found(isolated, module=value if letter == "m" else "")
            if letter in _OPTIONS_WITH_VALUE:
                if not word[position:]:
                    next(words, "")
                break
            isolated |= letter in "IES"
    return _found(isolated)


def _found(isolated: bool, *, script: str = "", module: str = "") -> Program:  # noqa: FBT001 -- one caller
    kind = Kind.ISOLATED if isolated else Kind.PYTHON
    return Program(kind, "" if script == "-" else script, module)


def _head(path: str) -> bytes:
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            is_file = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            return file.read(_HEAD) if is_file else b""
    except OSError:
        return b""


def _without_waiting(path: str, flags: int) -> int:
    """Open at once: a named pipe would wait for its writer."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)


def _contains_interpreter(path: str) -> bool:
    """Whether an executable links or contains CPython: kitty and others do."""
    try:
        with open(path, "rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    except (OSError, ValueError):
        return False
    with mapped:
        return any(mapped.find(name) >= 0 for name in _INTERPRETER_INSIDE)
