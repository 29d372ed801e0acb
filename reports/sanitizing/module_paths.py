"""Paths of mapped files: the system's stay absolute, a person's become labels.

A debugger unwinds through libraries it can open, and those of the system are the same
on every machine. Everything else is cut to a label, the folders everybody has, and
the file's own name where that is innocent.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reports.sanitizing.innocence import Innocence

PRIVATE = "<private>"
HOME = "<home>"
FILE = "<file>"
"""The path of a mapped file that is no module."""

_DELETED = " (deleted)"
_LABEL = re.compile(r"<[a-z][a-z-]*>")

_SYSTEM = (
    *("/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin", "/opt"),
    *("/nix/store", "/gnu/store", "/snap", "/app", "/var/lib/flatpak"),
)
_PEOPLE = frozenset({"home", "users", "profiles"})
_SYSTEM_COMPONENT = re.compile(r"[A-Za-z0-9_.+@:~-]+", re.ASCII)

_PUBLIC_FOLDERS = frozenset(
    {
        *("bin", "lib", "lib32", "lib64", "libexec", "share", "opt", "usr", "local"),
        *(".local", ".pyenv", "pyenv", "versions", ".venv", "venv", ".virtualenvs"),
        *("site-packages", "dist-packages", "lib-dynload", ".conda", "miniconda3"),
        *("anaconda3", "envs", "x86_64-linux-gnu", "aarch64-linux-gnu", ".cache"),
    }
)
_VERSION_FOLDER = re.compile(
    r"(?:python|pypy|cpython-)?\d+(?:\.\d+){0,2}[a-z]?", re.ASCII
)
_INSTALLED = frozenset({"site-packages", "dist-packages", "lib-dynload"})
KERNEL_NAMES = frozenset({"[vdso]", "[vvar]", "[stack]", "[heap]", "[vsyscall]"})
"""Names in ``maps`` that the kernel gives to what is no file."""

_KERNEL_IMAGES = frozenset({"linux-vdso.so.1", "linux-gate.so.1"})


class PathRule:
    """Turns paths as mapped into paths as shown.

    Args:
        innocence: Judges components.
        home: The person's home directory, or the empty string.
        roots: Absolute folder to label (``"<app>"``) for folders whose inside may be
            shown; the deepest that matches counts, before the home directory.

    Raises:
        ValueError: A label that does not look like one.
    """

    def __init__(
        self, innocence: Innocence, home: str, roots: Mapping[str, str]
    ) -> None:
        for label in roots.values():
            if not _LABEL.fullmatch(label):
                raise ValueError("a root's label is written <like-this>")
        self._innocence = innocence
        self._home = home.rstrip("/")
        deepest_first = sorted(roots.items(), key=lambda item: -len(item[0]))
        self._roots = [(folder.rstrip("/"), label) for folder, label in deepest_first]

    def shown(self, path: str) -> str:
        """The path to write for ``path``; empty only for the empty path."""
        if not path or path in KERNEL_NAMES or path in _KERNEL_IMAGES:
            return path
        if path.endswith(_DELETED):
            return self.shown(path.removesuffix(_DELETED)) + _DELETED
        if path.startswith("/"):
            return self._absolute(path)
        return self._labelled(path)

    def _labelled(self, path: str) -> str:
        """A path that was shown before, or a bare name, as Crashpad has them."""
        folder, slash, name = path.rpartition("/")
        if not slash:
            return name if self._innocence.is_plain(name) else PRIVATE
        label, _, inside = folder.partition("/")
        inside = f"/{inside}" if inside else ""
        if label in (HOME, PRIVATE):
            return self._named(label, self._joined(inside, _is_public), name)
        if any(label == known for _, known in self._roots):
            return self._named(
                label, self._joined(inside, self._innocence.is_plain), name
            )
        return self._named(PRIVATE, "", name)

    def _absolute(self, path: str) -> str:
        folder, _, name = path.rpartition("/")
        for root, label in self._roots:
            if root and _is_below(folder, root):
                return self._named(label, self._open_folders(folder, root), name)
        if self._home and _is_below(folder, self._home):
            return self._named(HOME, self._public_folders(folder, self._home), name)
        if self._is_system(path):
            return path
        return self._named(PRIVATE, self._installed_folders(folder), name)

    def _is_system(self, path: str) -> bool:
        if not any(_is_below(path, prefix) for prefix in _SYSTEM):
            return False
        components = path.split("/")[1:]
        return all(
            _SYSTEM_COMPONENT.fullmatch(component)
            and component not in {".", ".."}
            and component.lower() not in _PEOPLE
            and (
                component in _PUBLIC_FOLDERS
                or not self._innocence.names_person(component)
            )
            for component in components
        )

    def _named(self, label: str, folders: str, name: str) -> str:
        """A label, folders (empty or with a leading slash), and the name if plain."""
        shown = name if self._innocence.is_plain(name) else PRIVATE
        return f"{label}{folders}/{shown}"

    def _open_folders(self, folder: str, root: str) -> str:
        """Below a root that may be shown: all that is plain."""
        return self._joined(folder.removeprefix(root), self._innocence.is_plain)

    def _public_folders(self, folder: str, root: str) -> str:
        """Below a home: folders everybody has, and whole packages once installed."""
        inside = folder.removeprefix(root)
        return self._joined(inside, _is_public) if inside else ""

    def _installed_folders(self, folder: str) -> str:
        """Below an unknown folder: what follows ``site-packages``, else nothing."""
        components = folder.split("/")
        place = next((i for i, c in enumerate(components) if c in _INSTALLED), None)
        if place is None:
            return ""
        return self._joined("/" + "/".join(components[place:]), _is_public)

    def _joined(self, inside: str, allowed: Callable[[str], bool]) -> str:
        """The components of ``inside``, each run of refused ones as one label."""
        shown: list[str] = []
        for component in inside.split("/")[1:]:
            if allowed(component):
                shown.append(component)
                if component in _INSTALLED:
                    allowed = self._innocence.is_plain
            elif shown[-1:] != [PRIVATE]:
                shown.append(PRIVATE)
        return "".join(f"/{component}" for component in shown)


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + "/")


def _is_public(component: str) -> bool:
    return (
        component in _PUBLIC_FOLDERS or _VERSION_FOLDER.fullmatch(component) is not None
    )
