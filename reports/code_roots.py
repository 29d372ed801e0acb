"""Wall 1 for places: a path is told relative to a known root, or not at all. Pure.

A frame outside every known root is ``<private>``: no path and no function name. Frames
of frozen and built-in modules (``<frozen importlib._bootstrap>``) have no path; typed
code (``<stdin>``, ``<string>``) is private.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from reports.backtrace import PRIVATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.evidence import CodeRoots, RawFrame, RawNativeFrame

_FROZEN = re.compile(r"\A<frozen ([A-Za-z_][\w.]{0,80})>\Z")
_BUILT_IN = frozenset({"<built-in>", "<__array_function__ internals>"})
_NATIVE = re.compile(r"\A[\w.+-]{1,120}\Z")
_SYSTEM = re.compile(
    r"/(?:usr/(?!local/)|lib(?:32|64|x32)?/|s?bin/|nix/store/|gnu/store/|snap/"
    r"|var/lib/flatpak/)|linux-vdso\.so\.1\Z"
)
"""Where package managers install; ``/opt`` and ``/usr/local`` are anybody's."""


class Place(NamedTuple):
    """Where a frame is: a root-relative path, and whether its names may be told."""

    file: str
    known: bool


_UNKNOWN = Place(PRIVATE, known=False)


class PlaceFinder:
    """Maps the paths of one program's frames; longest matching root first."""

    def __init__(self, roots: CodeRoots) -> None:
        labelled = [
            *((root, "<stdlib>", False) for root in roots.stdlib),
            *((root, "<site-packages>", False) for root in roots.site_packages),
            *((root, "<app>", False) for root in roots.app),
            *((root, "<app>", True) for root in roots.app_is_flat),
        ]
        usable = [
            (_folder(r), label, flat)
            for r, label, flat in labelled
            if r[:1] == "/" and r.strip("/.")  # below / is everything
        ]
        self._roots = sorted(usable, key=lambda entry: -len(entry[0]))
        self._interpreters = tuple(_interpreters(roots.stdlib))

    def place(self, frame: RawFrame) -> Place:
        """Where a frame is."""
        if frame.module:
            known = _NATIVE.match(frame.module) is not None
            return Place("<module>/" + frame.module, known=True) if known else _UNKNOWN
        if _FROZEN.match(frame.file) or frame.file in _BUILT_IN:
            return Place("<frozen>", known=True)
        if not frame.file.startswith("/"):
            return _UNKNOWN
        return self._below_a_root(posixpath.normpath(frame.file))

    def _below_a_root(self, path: str) -> Place:
        for folder, label, flat in self._roots:
            if not path.startswith(folder):
                continue
            rest = path[len(folder) :]
            if flat and "/" in rest:
                return _UNKNOWN
            return Place(f"{label}/{rest}", known=True)
        return _UNKNOWN

    def native_place(self, frame: RawNativeFrame) -> Place:
        """The module a native frame is in, and whether its function may be told.

        Functions are told of what the system installed (the sanitizer shows such a
        path whole), of the interpreter beside a known standard library, and of modules
        below a root. Another module's base name may still be told.
        """
        name = frame.shown.rpartition("/")[2]
        if _NATIVE.match(name) is None:
            return _UNKNOWN
        path = posixpath.normpath(frame.path) if frame.path else ""
        known = (
            _SYSTEM.match(frame.shown) is not None
            or path.startswith(self._interpreters)
            or self._below_a_root(path).known
        )
        return Place(f"<module>/{name}", known)

    def native_names(self, frame: RawNativeFrame) -> Iterator[str]:
        """How a known native frame names itself: its function and its module."""
        place = self.native_place(frame)
        if place.known:
            yield frame.name
            yield place.file

    def names(self, frame: RawFrame) -> Iterator[str]:
        """How a known frame's source names itself: function and path below its root."""
        place = self.place(frame)
        if place.known:
            yield frame.function
            yield place.file


def _interpreters(stdlib: tuple[str, ...]) -> Iterator[str]:
    """What paths of the interpreter's own files begin with.

    ``/p/lib/python3.11`` belongs to ``/p/bin/python3.11`` and ``/p/lib/libpython3…``.
    """
    for root in stdlib:
        library, _, name = posixpath.normpath(root).rpartition("/")
        prefix, _, _ = library.rpartition("/")
        if library and name.startswith("python"):
            yield f"{library}/libpython"
            yield f"{prefix}/bin/python"


def _folder(root: str) -> str:
    return posixpath.normpath(root).rstrip("/") + "/"
