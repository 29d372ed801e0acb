"""The folders whose paths a report may tell relatively; looks at names on disk only."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from reports.evidence import CodeRoots

if TYPE_CHECKING:
    from collections.abc import Iterable

_PACKAGE_FOLDERS = frozenset({"site-packages", "dist-packages"})
_WIDE = frozenset(
    {"/", "/bin", "/home", "/opt", "/root", "/srv", "/tmp", "/usr", "/usr/bin"}
    | {"/usr/games", "/usr/local/bin", "/usr/sbin", "/var/tmp"}
)
_TEST_RUNNERS = frozenset({"pytest", "py.test", "unittest"})
_PROJECT_FILES = (
    *("pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml"),
    *("tox.ini", "setup.cfg", "setup.py"),
)
"""What marks a project's folder, for pytest too (its ``rootdir``)."""
_MAIN = "/__main__.py"
"""What makes a package one that can be run."""
_LIBRARY = re.compile(r"\A(/.*?/lib(?:64)?)/python3\.\d+(?=/)")
_DEBIAN_PACKAGES = "python3/dist-packages"


def python_places(files: Iterable[str]) -> tuple[str, ...]:
    """Where a Python keeps its code, told by files of its frames.

    For a Python whose client did not say it (``-I``, ``-E``, ``-S``).

    Returns:
        Standard libraries first, then folders of packages; absolute.
    """
    stdlib: dict[str, None] = {}
    packages: dict[str, None] = {}
    for found in filter(None, map(_LIBRARY.match, files)):
        library = found[0]
        packages |= dict.fromkeys(f"{library}/{name}" for name in _PACKAGE_FOLDERS)
        if os.path.isfile(f"{library}/os.py"):
            stdlib[library] = None
            packages[f"{found[1]}/{_DEBIAN_PACKAGES}"] = None
    return (*stdlib, *packages)


def code_roots(
    places: Iterable[str],
    *,
    script: str,
    module: str,
    folder: str,
    home: str,
    configured: Iterable[str] = (),
) -> CodeRoots:
    """Sort folders into roots.

    Args:
        places: What the client told: the standard library first, then site-packages.
        script: The main script as given, or empty.
        module: The module of ``-m``, or empty.
        folder: The terminal's working directory at its start.
        home: The person's home; too wide to be an application's folder.
        configured: The application's folders by configuration.
    """
    stdlib: list[str] = []
    packages: list[str] = []
    for place in places:
        is_package = os.path.basename(place) in _PACKAGE_FOLDERS
        (packages if is_package else stdlib).append(place)
    app = _app_folder(script, module, folder)
    if _is_test_runner(script, module):
        app = _project_folder(folder, home)
    narrow = [app] if app and not is_wide(app, home) else []
    wide = [app] if app and is_wide(app, home) else []
    return CodeRoots(
        stdlib=both_names(stdlib),
        site_packages=both_names(packages),
        app=both_names([*configured, *narrow]),
        app_is_flat=both_names(wide),
    )


def runs_from_a_root(module: str, roots: CodeRoots) -> bool:
    """Whether ``-m`` finds this module below a known root: only then it may be told.

    What else stands behind ``-m`` is a free argument. Frames of the module would tell
    the same name; the application's own package is the program that it is started as.
    """
    parts = module.split(".")
    if not all(part.isascii() and part.isidentifier() for part in parts):
        return False
    below = (*roots.stdlib, *roots.site_packages, *roots.app, *roots.app_is_flat)
    own = [os.path.dirname(r) for r in roots.app if os.path.basename(r) == parts[0]]
    paths = (os.path.join(folder, *parts) for folder in (*below, *own))
    return any(os.path.isfile(p + ".py") or os.path.isfile(p + _MAIN) for p in paths)


def _app_folder(script: str, module: str, folder: str) -> str:
    if script:
        path = os.path.join(folder, script)
        # A folder or a zip file with __main__ is the application itself.
        return path if os.path.isdir(path) else os.path.dirname(path)
    if module:
        top = os.path.join(folder, module.partition(".")[0])
        return top if os.path.isdir(top) else ""
    return ""


def _is_test_runner(script: str, module: str) -> bool:
    """Whether the main script is no application, but runs somebody's tests."""
    return os.path.basename(script) in _TEST_RUNNERS or module in _TEST_RUNNERS


def _project_folder(folder: str, home: str) -> str:
    """The project that somebody stands in; ``folder`` itself where nothing marks one.

    A test runner's own folder says nothing of the tests, which are in the project. A
    project is no folder that holds more than one, whatever lies in it.
    """
    above = folder
    while above and not is_wide(above, home):
        if any(os.path.isfile(os.path.join(above, name)) for name in _PROJECT_FILES):
            return above
        above = os.path.dirname(above)
    return folder


def is_wide(folder: str, home: str) -> bool:
    """Whether a folder holds more than one application: only its own files count."""
    path = os.path.normpath(folder)
    owner = os.path.normpath(home) if home else ""
    return path in _WIDE or path == owner or owner.startswith(path + "/")


def both_names(folders: Iterable[str]) -> tuple[str, ...]:
    """Each folder as named and as it is behind symbolic links."""
    names = [
        name for f in folders for name in (os.path.normpath(f), os.path.realpath(f))
    ]
    return tuple(dict.fromkeys(names))
