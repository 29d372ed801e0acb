"""The other Python versions a terminal may run on, found where people have them."""

import functools
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.doubles.requirement import require

VERSIONS: Final = ("3.10", "3.11", "3.12", "3.13")

ASK: Final = (
    "import json, sys; json.dump([sys.version_info[:2], sys.executable], sys.stdout)"
)


@dataclass(frozen=True, slots=True)
class OtherPython:
    """A CPython that starts: its version ("3.12") and its own executable."""

    version: str
    executable: Path


@functools.cache
def find_other_pythons() -> dict[str, OtherPython]:
    """The first working interpreter of each version, by version.

    Looked for on PATH, in $PYENV_ROOT/versions, ~/.pyenv/versions and /usr/bin. A
    version manager's shim is on PATH even where its version is not chosen, and is
    not what a program ends up running as: each candidate is started and tells its
    version and its own path.
    """
    found: dict[str, OtherPython] = {}
    for version in VERSIONS:
        for candidate in _candidates(version):
            python = _ask(candidate)
            if python is not None and python.version == version:
                found[version] = python
                break
    return found


def other_python(version: str) -> OtherPython:
    """The interpreter of one version; skips (in CI fails) the test without it."""
    python = find_other_pythons().get(version)
    require(
        python,
        f"no python{version} on PATH, under pyenv or in /usr/bin",
        f"install it, for example: pyenv install {version}",
    )
    assert python is not None
    return python


def lend_packages(folder: Path, *names: str) -> Path:
    """Make a folder for PYTHONPATH with pure-Python packages of this environment.

    Another Python can then import just these; the whole site-packages would bring
    extension modules built for this version.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        module = __import__(name)
        assert module.__file__ is not None
        (folder / name).symlink_to(Path(module.__file__).parent)
    return folder


def _candidates(version: str) -> Iterator[Path]:
    name = f"python{version}"
    if on_path := shutil.which(name):
        yield Path(on_path)
    roots = [Path(os.environ.get("PYENV_ROOT", "~/.pyenv")), Path("~/.pyenv")]
    for root in roots:
        yield from sorted(root.expanduser().glob(f"versions/{version}.*/bin/{name}"))
    yield Path("/usr/bin", name)


def _ask(candidate: Path) -> OtherPython | None:
    try:
        answer = subprocess.run(
            [candidate, "-c", ASK], capture_output=True, timeout=30, check=True
        )
        (major, minor), executable = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return OtherPython(f"{major}.{minor}", Path(executable))
