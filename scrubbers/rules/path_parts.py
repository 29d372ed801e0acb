"""Which parts of a path may stay: system folders, libraries, names of source files.

A private prefix (a home, a mounted disk, a mail box) always goes. Of what follows
stays what leads to a library (from ``site-packages``, ``lib/python3.11`` and the like
to the end), folders with well-known names, and the name of a source file.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Cut(NamedTuple):
    """Components ``[first, last)`` are replaced by ``placeholder``."""

    first: int
    last: int
    placeholder: str


# Folders under which everybody's machine looks the same.
_SYSTEM = frozenset(
    "usr lib lib32 lib64 libx32 bin sbin etc proc sys dev boot nix gnu opt var run snap"  # noqa: SIM905 - a list of words is read, not typed in quotes
    " app system library applications private tmp windows winnt programdata msys64"
    " mingw64 ucrt64 hostedtoolcache builddir perl5".split()
) | {"program files", "program files (x86)"}

# Leading components, how many after them are private too, and what stands for all.
_PRIVATE = (
    (("home",), 1, "<home>"),
    (("users",), 1, "<home>"),
    (("root",), 0, "<home>"),
    (("var", "home"), 1, "<home>"),
    (("usr", "home"), 1, "<home>"),
    (("var", "root"), 0, "<home>"),
    (("private", "var", "root"), 0, "<home>"),
    (("system", "volumes", "data", "users"), 1, "<home>"),
    (("media",), 2, "<path>"),
    (("run", "media"), 2, "<path>"),
    (("mnt",), 1, "<path>"),
    (("volumes",), 1, "<path>"),
    (("run", "user"), 1, "<path>"),
    (("var", "run", "user"), 1, "<path>"),
    (("var", "mail"), 1, "<path>"),
    (("var", "spool", "mail"), 1, "<path>"),
    (("var", "spool"), 3, "<path>"),
    (("var", "folders"), 2, "<path>"),
    (("private", "var", "folders"), 2, "<path>"),
    (("var", "lib", "accountsservice"), 2, "<path>"),
    (("var", "lib", "systemd", "linger"), 1, "<path>"),
    (("var", "lib", "lightdm-data"), 1, "<path>"),
    (("var", "db", "sudo"), 2, "<path>"),
    (("run", "sudo"), 2, "<path>"),
    (("etc", "sudoers.d"), 1, "<path>"),
    (("dev", "disk"), 2, "<path>"),
)
# The same by their first component.
_PRIVATE_BELOW = {
    first: [row for row in _PRIVATE if row[0][0] == first]
    for first in {prefix[0] for prefix, _, _ in _PRIVATE}
}
_SHARED_SCRATCH = (("tmp",), ("var", "tmp"), ("private", "tmp"), ("dev", "shm"))
_ABOVE_SCRATCH = frozenset(prefix[0] for prefix in _SHARED_SCRATCH)
_HOME_PARENTS = frozenset(
    {
        "home",
        "homes",
        "home2",
        "users",
        "documents and settings",
        "home$",
        "homes$",
        "users$",
    }
)

_LIBRARY = re.compile(
    r"(?:site|dist)-packages|python\d(?:\.\d+)?t?|node_modules|lib-dynload"
    r"|python\d+\.zip|registry",
    re.IGNORECASE,
)
_LIBRARY_LETTERS = frozenset("sdpnlr")  # as any of these, and lib, begins
_WINDOWS_PYTHON = re.compile(r"python\d*(?:-\d+)?", re.IGNORECASE)
_FAMILIAR = frozenset(
    ".venv venv env envs .virtualenvs .tox .nox .pyenv versions .local lib lib64 bin"  # noqa: SIM905 - a list of words is read, not typed in quotes
    " share .config .cache .cargo .rustup .npm .nvm .asdf .mise installs pipx venvs"
    " miniconda3 anaconda3 miniforge3 mambaforge pkgs appdata local roaming programs"
    " python scripts lib packages src .poetry pypoetry virtualenvs uv".split()
)
_VERSION = re.compile(
    r"v?\d+(?:\.\d+){1,3}(?:[a-z]+\d*)?|py\d+|python\d*", re.IGNORECASE
)
_ODD_BEGINNINGS = frozenset("0123456789vVpP.<")
_SOURCE_FILE = re.compile(
    r"[A-Za-z_][A-Za-z0-9_-]{0,63}"
    r"\.(?:py[cdiwx]?|so(?:\.\d+)*|[ch](?:pp|c|xx)?|rs|go|js|ts|tsx|jsx|rb|pl|lua"
    r"|java|kt|cs|dll|exe|pyd|dylib|toml)",
    re.IGNORECASE,
)

# Every name that decides something, in small letters; the last does in paths.py.
_TELLING = frozenset(
    {
        *_SYSTEM,
        *_HOME_PARENTS,
        *_FAMILIAR,
        *(name for prefix, _, _ in _PRIVATE for name in prefix),
        *(name for prefix in _SHARED_SCRATCH for name in prefix),
        "export",
    }
)
_WORD = re.compile(r"[A-Za-z0-9_-]+")
_HOMES_OF_WINDOWS = ("userprofile", "homepath")
_NAMED = re.compile(
    "|".join(each.pattern for each in (_LIBRARY, _WINDOWS_PYTHON, _VERSION)),
    re.IGNORECASE,
)


def is_nameless(part: str) -> bool:
    """Whether nothing is known of a component: it is cut as any other such is."""
    lowered = part.casefold()
    return (
        _WORD.fullmatch(part) is not None
        and lowered not in _TELLING
        and not lowered.endswith(_HOMES_OF_WINDOWS)
        and not _NAMED.fullmatch(part)
    )


def cut_private(parts: list[str], *, rooted: bool) -> list[Cut]:  # noqa: PLR0911 - one way out for each kind
    """Decide which components of a path go.

    Args:
        parts: The components, without separators; for a Windows path without the
            drive, for a UNC path starting with the server.
        rooted: Whether the path starts at a root; a UNC path does not, and all
            before its share's contents is private.
    """
    if ".." in parts and rooted:
        return _cut_resolved(parts)
    lowered = [part.casefold() for part in parts]
    library = _library_start(lowered)
    if not rooted:
        start = _after_home_parent(lowered, library) or min(2, len(parts))
        return [Cut(0, start, "<path>"), *_cut_tail(parts, start, library)]
    for prefix, extra, placeholder in _PRIVATE_BELOW.get(lowered[0], ()):
        if tuple(lowered[: len(prefix)]) == prefix:
            start = min(len(prefix) + extra, len(parts))
            if start == len(prefix) and extra:
                return []
            start = _after_home_parent(lowered, library) or start
            return [Cut(0, start, placeholder), *_cut_tail(parts, start, library)]
    for prefix in _SHARED_SCRATCH if lowered[0] in _ABOVE_SCRATCH else ():
        if tuple(lowered[: len(prefix)]) == prefix:
            return _cut_tail(parts, len(prefix), library)
    start = _after_home_parent(lowered, library)
    if start and lowered[0] != "usr":
        return [Cut(0, start, "<home>"), *_cut_tail(parts, start, library)]
    if lowered[0] in _SYSTEM or _WINDOWS_PYTHON.fullmatch(parts[0]):
        return []
    return _cut_tail(parts, 0, library)


def _cut_resolved(parts: list[str]) -> list[Cut]:
    """Cuts of a path that climbs: of where it leads, and of what it turned its back on.

    ``/opt/../root/notes`` is in a home, and ``/srv/notes/../../usr/lib`` names notes.
    """
    kept: list[int] = []
    left: list[int] = []
    for at, part in enumerate(parts):
        if part == "..":
            left += kept[-1:]
            del kept[-1:]
        elif part != ".":
            kept.append(at)
    cuts = [
        Cut(at, at + 1, "<path>")
        for at in left
        if parts[0].casefold() not in _SYSTEM and not _may_stay(parts, at)
    ]
    for cut in cut_private([parts[at] for at in kept], rooted=True) if kept else ():
        first = 0 if cut.first == 0 else kept[cut.first]
        cuts.append(Cut(first, kept[cut.last - 1] + 1, cut.placeholder))
    return cuts


def cut_below_home(parts: list[str]) -> list[Cut]:
    """Decide what goes from the components that follow a home directory."""
    lowered = [part.casefold() for part in parts]
    return _cut_tail(parts, 0, _library_start(lowered))


def _library_start(lowered: list[str]) -> int:
    """Index of the first library folder, or the number of components."""
    for at, part in enumerate(lowered):
        if part[0] not in _LIBRARY_LETTERS:
            continue
        if _LIBRARY.fullmatch(part) and at + 1 < len(lowered):
            return at
        if part == "lib" and at and _WINDOWS_PYTHON.fullmatch(lowered[at - 1]):
            return at
    return len(lowered)


def _after_home_parent(lowered: list[str], library: int) -> int:
    """Index just after the last ``home/NAME`` before the library; 0 if none."""
    limit = min(library, len(lowered) - 1)
    for at in range(limit - 1, -1, -1):
        if lowered[at] in _HOME_PARENTS:
            return at + 2
    return 0


def _cut_tail(parts: list[str], start: int, library: int) -> list[Cut]:
    cuts: list[Cut] = []
    first = last = -1
    for at in range(start, min(library, len(parts))):
        if _may_stay(parts, at):
            continue
        if last != at:
            if last > first:
                cuts.append(Cut(first, last, "<path>"))
            first = at
        last = at + 1
    if last > first:
        cuts.append(Cut(first, last, "<path>"))
    return cuts


def _may_stay(parts: list[str], at: int) -> bool:
    part = parts[at]
    if not part or part.casefold() in _FAMILIAR:
        return True
    if part[0] in _ODD_BEGINNINGS and _is_odd(part):
        return True
    return at == len(parts) - 1 and _SOURCE_FILE.fullmatch(part) is not None


def _is_odd(part: str) -> bool:
    """Whether a component is a version, a dot or two, or a placeholder."""
    if part in {".", ".."} or (part[0] == "<" and part[-1] == ">"):
        return True
    return _VERSION.fullmatch(part) is not None
