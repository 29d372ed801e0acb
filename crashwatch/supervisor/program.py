"""What kind of program is to be started: can the client get in? Reads file heads only.

Looked through: ``#!`` lines (``/usr/bin/env`` and its ``-S`` included), shell scripts
that mention Python (a version manager's shim, a wrapper that ends in ``exec python``),
and executables that contain an interpreter under another name.
"""

from __future__ import annotations

import os

_HEAD = 65536
_TYPE_BITS, _REGULAR_FILE = 0o170000, 0o100000  # of st_mode, as in stat(2)
_DEPTH = 4
_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash", "busybox"})
_MENTIONS_PYTHON = rb"python|pyenv|conda|\.py\b|asdf|\brye\b|\buv\b|\bmise\b"
_INTERPRETER_INSIDE = (b"Py_RunMain", b"Py_BytesMain", b"Py_InitializeFromConfig")
_OPTIONS_WITH_VALUE = frozenset("XW")
_LONG_WITH_VALUE = "--check-hash-based-pycs"
_ENV_SPLIT = r"-(?P<more>[v0i]*)S(?P<word>.*)|--split-string=?(?P<long>.*)"
_ENV_WITH_VALUE = frozenset({"-u", "--unset", "-C", "--chdir", "-a", "--argv0"})
_ENV_CLEARS = frozenset({"-i", "-", "--ignore-environment"})


class Kind:
    """What the client can do: four values. ``enum`` would cost every start 5 ms."""

    __slots__ = ("value",)

    PYTHON: Kind
    MAYBE: Kind
    ISOLATED: Kind
    NATIVE: Kind

    def __init__(self, value: str) -> None:
        self.value = value


Kind.PYTHON = Kind("python")
Kind.MAYBE = Kind("maybe")
Kind.ISOLATED = Kind("isolated")
Kind.NATIVE = Kind("native")


class Program:
    """What was found.

    Attributes:
        kind: PYTHON: the client gets in. MAYBE: a script that may end in Python.
            ISOLATED: Python that ignores the environment (``-I``, ``-E``) or ``site``
            (``-S``). NATIVE: no Python seen.
        script: The main script, or empty (``-m``, ``-c``, a native program).
        module: The module of ``-m``, or empty.
    """

    __slots__ = ("kind", "module", "script")

    def __init__(self, kind: Kind, script: str = "", module: str = "") -> None:
        self.kind = kind
        self.script = script
        self.module = module

    @property
    def can_be_armed(self) -> bool:
        """Whether the client can get into it."""
        return self.kind in {Kind.PYTHON, Kind.MAYBE}

    def __eq__(  # type: ignore[explicit-override] # typing.override is 3.12
        self, other: object
    ) -> bool:
        return isinstance(other, Program) and _parts(self) == _parts(other)

    def __hash__(self) -> int:  # type: ignore[explicit-override]
        return hash(_parts(self))


def _parts(program: Program) -> tuple[Kind, str, str]:
    return program.kind, program.script, program.module


def examine(path: str, arguments: list[str], depth: int = _DEPTH) -> Program:
    """Examine the program at ``path`` run with ``arguments`` (without ``argv[0]``)."""
    if _is_python(os.path.basename(path)) or depth == 0:
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
    if _is_python(name):
        found = _python([*line[1:], path, *arguments])
        if cleared:
            found.kind = Kind.ISOLATED
        return found
    return examine(line[0], [*line[1:], path, *arguments], depth - 1)


def _behind_env(words: list[str]) -> tuple[list[str], bool]:
    """The command that ``env`` runs, and whether it clears the environment before.

    ``-S`` may stand joined with other letters and with the command: ``-vSpython3``.
    """
    import re  # noqa: PLC0415 -- it would cost every start 10 ms

    cleared = False
    rest = list(words)
    while rest:
        word = rest.pop(0)
        split = re.fullmatch(_ENV_SPLIT, word)
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
    if not head:
        return Program(Kind.NATIVE)
    import re  # noqa: PLC0415 -- as above

    mentions = re.search(_MENTIONS_PYTHON, head) is not None
    return Program(Kind.MAYBE if mentions else Kind.NATIVE)


def _is_python(name: str) -> bool:
    """Whether a file is called like an interpreter: python, python3.12, python3.13t."""
    if not name.startswith("python"):
        return False
    version = name.removeprefix("python")
    if version in {"", "w"}:
        return True
    if version[-1:].islower() and version[-1:].isascii():
        version = version[:-1]
    return all(part.isdecimal() and part.isascii() for part in version.split("."))


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
            is_file = os.fstat(file.fileno()).st_mode & _TYPE_BITS == _REGULAR_FILE
            return file.read(_HEAD) if is_file else b""
    except OSError:
        return b""


def _without_waiting(path: str, flags: int) -> int:
    """Open at once: a named pipe would wait for its writer."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)


def _contains_interpreter(path: str) -> bool:
    """Whether an executable links or contains CPython: kitty and others do."""
    import mmap  # noqa: PLC0415 -- an extension, for native programs only

    try:
        with open(path, "rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    except (OSError, ValueError):
        return False
    with mapped:
        return any(mapped.find(name) >= 0 for name in _INTERPRETER_INSIDE)
