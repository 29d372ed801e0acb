"""crashwatch, installed where a test can change, spoil and remove it."""

import shutil
from pathlib import Path

from tests.doubles.command_line import HERE


def installed_copy(folder: Path) -> Path:
    """Copy its three packages into ``folder``, which is made; returns it."""
    for name in ("crashwatch", "reports", "scrubbers"):
        ignore = shutil.ignore_patterns("__pycache__", "static")
        shutil.copytree(Path(HERE, name), folder / name, ignore=ignore)
    return folder
