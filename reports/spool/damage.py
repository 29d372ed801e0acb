"""What is wrong with an entry, told from trouble that may pass."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING

from reports.errors import StorageError
from reports.spool.records import NewerFormError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NOT_OURS = frozenset(
    {errno.ENOTDIR, errno.ELOOP, errno.EACCES, errno.EPERM, errno.ENXIO, errno.EISDIR}
)
"""What a symbolic link, a file in a folder's place, a fifo, a foreign owner give."""


class DamagedEntryError(StorageError):
    """An entry is not what we wrote; it belongs in quarantine."""


class NewerEntryError(StorageError):
    """An entry that only a newer crashwatch can read; it is kept where it is."""


@contextlib.contextmanager
def damage_named(folder: str | Path) -> Iterator[None]:
    """Tell damage, which goes to quarantine, from trouble that may pass.

    Raises:
        FileNotFoundError: There is no such entry, or not any more.
        DamagedEntryError: It is damaged, oversized or not ours.
        NewerEntryError: A newer version stored it.
        StorageError: It cannot be read just now.
    """
    try:
        yield
    except FileNotFoundError as error:
        # A part is missing: either the whole entry just moved away, or it is half.
        if not os.path.lexists(folder):
            raise
        raise _damaged(folder, f"{error.filename} is missing") from error
    except NewerFormError as error:
        raise NewerEntryError(
            f"report {os.path.basename(folder)} was stored by a newer crashwatch: "
            f"{error}",
            hint="It is kept. Install that version again to read or to send it.",
        ) from error
    except StorageError as error:
        raise _damaged(folder, str(error)) from error
    except OSError as error:
        if error.errno in _NOT_OURS:
            raise _damaged(folder, error.strerror or "it cannot be read") from error
        raise StorageError(f"{os.path.basename(folder)}: {error.strerror}") from error


def check_id(found: str, name: str) -> None:
    """Refuse an entry with another one's id in it.

    Raises:
        StorageError: The two differ.
    """
    if found != name:
        raise StorageError("the report carries the id of another one")


def _damaged(folder: str | Path, why: str) -> DamagedEntryError:
    name = os.path.basename(folder)
    return DamagedEntryError(
        f"report {name} is damaged: {why}",
        hint=f"It is never sent. `crashwatch reports discard {name[:8]}` deletes it.",
    )
