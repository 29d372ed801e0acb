"""Store an entry whole: written beside under a hidden name, then renamed into view."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from typing import TYPE_CHECKING

from reports.spool import durable
from reports.spool.lock import try_lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

NEW_PREFIX = ".new-"


def store_whole(folder: Path, name: str, files: Mapping[str, bytes]) -> None:
    """Make ``folder/name/`` with these files, on the disk, or nothing.

    Raises:
        OSError: The disk is full, or there is such an entry already.
    """
    with _claimed_folder(folder, name) as (new, handle):
        try:
            durable.write_new(handle, files)
            os.fsync(handle)
            new.rename(folder / name)
        except OSError:
            remove_tree(new)
            raise
    durable.sync_folder(folder)


def remove_abandoned(folder: Path) -> bool:
    """Remove what a dead writer left; a living writer holds the folder's lock."""
    with contextlib.suppress(OSError), durable.opened_folder(folder) as handle:
        if try_lock(handle):
            remove_tree(folder)
            return True
    return False


def remove_tree(folder: Path) -> None:
    """Remove a hidden entry; what cannot be removed is left for the next sweep."""
    shred_files(folder)
    shutil.rmtree(folder, ignore_errors=True)


def shred_files(folder: Path) -> None:
    """Remove the files of a hidden entry, as far as they can be.

    They are overwritten first: what was discarded shall not lie in freed blocks when
    its person asks for everything to be erased.
    """
    with contextlib.suppress(OSError), durable.opened_folder(folder) as handle:
        for name in os.listdir(handle):  # noqa: PTH208 -- by descriptor
            with contextlib.suppress(OSError):
                durable.shred(handle, name)


@contextlib.contextmanager
def _claimed_folder(folder: Path, name: str) -> Iterator[tuple[Path, int]]:
    """Make a hidden folder and lock it, so that a sweep can tell that we live.

    Between the two a sweep may take it for abandoned: then another one is made.
    """
    while True:
        new = folder / f"{NEW_PREFIX}{name}-{secrets.token_hex(4)}"
        new.mkdir(mode=0o700)
        with contextlib.ExitStack() as stack:
            try:
                handle = stack.enter_context(durable.opened_folder(new))
            except FileNotFoundError:
                continue
            if try_lock(handle) and os.fstat(handle).st_nlink:
                yield new, handle
                return
