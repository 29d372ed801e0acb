"""A container may have no home: then a run that leaves files has one of its own.

Reports and what was agreed to need a place of their own while a run lasts, and
``--artifacts`` says where its files are to stay. The lent home is in a folder for
temporary files, for us alone, and goes with the run; what waits there to be sent keeps
it. A home that is there and cannot be trusted is not replaced: somebody's choices may
be in it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from reports.errors import StorageError
from reports.home import Home, find_home
from reports.lifecycle import State

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_PREFIX = "crashwatch-run-"
_VARIABLE = "CRASHWATCH_HOME"

_lent: list[Path] = []


def why_no_home(environment: MutableMapping[str, str]) -> str:
    """Why there is no home here and none can be made; empty where there can be one."""
    try:
        home = find_home(environment)
    except StorageError as error:
        return str(error)
    if os.path.lexists(home):
        return ""
    above = next(folder for folder in home.parents if os.path.lexists(folder))
    if above.is_dir() and os.access(above, os.W_OK | os.X_OK, effective_ids=True):
        return ""
    return f"{home} cannot be made"


def lend_home(environment: MutableMapping[str, str]) -> str:
    """Where there is no home, make one for this run; why, or empty.

    Args:
        environment: Our own; the program's is another.

    Raises:
        OSError: None can be made.
    """
    why = why_no_home(environment)
    if why:
        environment[_VARIABLE] = tempfile.mkdtemp(prefix=_PREFIX)
        _lent.append(Path(environment[_VARIABLE]))
    return why


def give_back() -> None:
    """Remove a lent home with all that is in it, unless something waits to be sent."""
    while _lent:
        home = Home(_lent.pop())
        queued = home.in_state(State.QUEUED)
        if not (queued.is_dir() and any(queued.iterdir())):
            shutil.rmtree(home.root, ignore_errors=True)
