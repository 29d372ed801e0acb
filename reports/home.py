"""The one folder everything of ours lives in: where it is, and whether to trust it.

A folder is trusted when it is a real folder (no symbolic link), ours, and nobody else
may write in it. What exists with wider reading rights is narrowed to 0700.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from reports.errors import StorageError
from reports.file_names import CONFIG, CONSENT_LOG, CONSENT_RECORD
from reports.lifecycle import STORED, State
from reports.light_tuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600

_HINT = "Set CRASHWATCH_HOME to a folder that is yours alone (chmod 700)."


class Home(NamedTuple):
    """The paths below the root. A value: making one touches nothing."""

    root: Path

    @property
    def config(self) -> Path:
        """``config.toml``."""
        return self.root / CONFIG

    @property
    def consent_record(self) -> Path:
        """``consent.json``."""
        return self.root / CONSENT_RECORD

    @property
    def consent_log(self) -> Path:
        """``consent.log``, append-only."""
        return self.root / CONSENT_LOG

    @property
    def flags(self) -> Path:
        """The page of consent flags that terminals map."""
        return self.root / "flags"

    @property
    def unasked(self) -> Path:
        """Ids of the reports that the next start on a terminal tells of."""
        return self.root / "unasked"

    @property
    def identity(self) -> Path:
        """The secret from which anonymous ids are made."""
        return self.root / "identity"

    @property
    def runs(self) -> Path:
        """``runs/``: one folder for each running terminal."""
        return self.root / "runs"

    @property
    def usage(self) -> Path:
        """``usage/``: counted days."""
        return self.root / "usage"

    @property
    def upload(self) -> Path:
        """``upload/``: the uploader's lock and what it remembers of the endpoint."""
        return self.root / "upload"

    @property
    def deletion(self) -> Path:
        """``deletion/``: requests to erase, kept until a server took them."""
        return self.root / "deletion"

    @property
    def reports(self) -> Path:
        """``reports/``: one folder for each state."""
        return self.root / "reports"

    def in_state(self, state: State) -> Path:
        """``reports/<state>/``.

        Raises:
            ValueError: The state has no folder.
        """
        if state not in STORED:
            raise ValueError(f"{state.value} is not kept in a folder")
        return self.reports / state.value

    def make_folder(self, folder: Path) -> Path:
        """Create ``folder``, which lies below the root, or check what is there.

        Raises:
            StorageError: It, or one between it and the root, cannot be trusted.
        """
        below = self.root
        for part in folder.relative_to(self.root).parts:
            below /= part
            _make_private(below)
        return folder


def find_home(environment: Mapping[str, str]) -> Path:
    """Say where the home is, without looking into it.

    ``CRASHWATCH_HOME``, else ``$XDG_STATE_HOME/crashwatch`` (absolute, as the XDG base
    directory specification demands), else ``~/.local/state/crashwatch``.

    Raises:
        StorageError: None of the three is set, or it would be in the folder of who
            called ``sudo``, which may leave ``HOME`` as it is: what root made there,
            its owner could neither use nor remove.
    """
    if chosen := environment.get("CRASHWATCH_HOME"):
        return Path(chosen).absolute()
    state = environment.get("XDG_STATE_HOME", "")
    if state.startswith("/"):
        return Path(state) / "crashwatch"
    if not environment.get("HOME", "").startswith("/"):
        raise StorageError("there is no home directory to keep reports in", hint=_HINT)
    if is_borrowed(environment):
        raise StorageError(
            f"{environment['HOME']} is the home of who called sudo, and not yours",
            hint="Use `sudo -H`, or set CRASHWATCH_HOME to a folder of root's.",
        )
    return Path(environment["HOME"], ".local", "state", "crashwatch")


def is_borrowed(environment: Mapping[str, str]) -> bool:
    """Whether we are root, and ``HOME`` belongs to who called ``sudo``."""
    if os.geteuid() != 0 or environment.get("SUDO_UID", "0") == "0":
        return False
    try:
        owner = os.stat(environment["HOME"]).st_uid  # noqa: PTH116
    except (OSError, ValueError):
        return False
    return environment["SUDO_UID"] == str(owner)


def open_home(path: Path) -> Home:
    """Check the home and create it where it is missing, to write in it.

    Raises:
        StorageError: It, or a folder in it, is a symbolic link, is no folder, belongs
            to somebody else, may be written by others, or cannot be made.
    """
    home = Home(path.absolute())
    try:
        home.root.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    except OSError as error:
        raise _unusable(home.root.parent, error) from error
    _make_private(home.root)
    _check_inside(home)
    return home


def read_home(path: Path) -> Home:
    """Check the home as ``open_home`` does, but create and change nothing.

    A home that does not exist yet is a good one: there is nothing in it.

    Raises:
        StorageError: As for ``open_home``.
    """
    home = Home(path.absolute())
    _check(home.root)
    _check_inside(home)
    return home


def _check_inside(home: Home) -> None:
    states = [home.in_state(state) for state in STORED]
    for folder in (
        home.runs,
        home.usage,
        home.upload,
        home.deletion,
        home.reports,
        *states,
    ):
        _check(folder)


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=PRIVATE_FOLDER)
    except FileExistsError:
        found = _check(folder)
        if found is not None and stat.S_IMODE(found.st_mode) & 0o077:
            _narrow(folder)
    except OSError as error:
        raise _unusable(folder, error) from error


def _narrow(folder: Path) -> None:
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise _unusable(folder, error) from error
    try:
        os.fchmod(handle, PRIVATE_FOLDER)
    except OSError as error:
        raise _unusable(folder, error) from error
    finally:
        os.close(handle)


def _check(folder: Path) -> os.stat_result | None:
    """Look at a folder; None when there is none."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(folder, error) from error
    if why := _distrust(found, os.geteuid()):
        raise StorageError(f"{folder} {why}", hint=_HINT)
    return found


def _distrust(found: os.stat_result, us: int) -> str:
    """Why a folder cannot be trusted, in words, or the empty string."""
    if stat.S_ISLNK(found.st_mode):
        return "is a symbolic link"
    if not stat.S_ISDIR(found.st_mode):
        return "is not a folder"
    if found.st_uid != us:
        return f"belongs to user {found.st_uid}, not to you ({us})"
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "may be written by others"
    return ""


def _unusable(folder: Path, error: OSError) -> StorageError:
    return StorageError(f"{folder} cannot be used: {error.strerror}", hint=_HINT)
