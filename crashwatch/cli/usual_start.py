"""What a start needs to know, found out without loading what knows it.

On most machines nothing says anything special: no policy of an administrator, no
defaults of a distribution, no ``config.toml``, no variable of ours, no refusal. That is
seen with a few system calls. Anything else, also what merely looks odd, is looked at by
those whose task it is (``cli.session``), which costs the start some 30 ms. Consent is
looked at again, by them, before anything is captured.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the start of every terminal 5 ms
    from collections.abc import Mapping

    from crashwatch.cli.session import Session

_SYSTEM_FILES = ("/etc/crashwatch/policy.toml", "/usr/share/crashwatch/defaults.toml")
_OUR_VARIABLES = "CRASHWATCH_"
_HARMLESS = ("CRASHWATCH_HOME", "CRASHWATCH_CHILDREN")
_OTHER_SWITCHES = ("DO_NOT_TRACK",)
_SETTINGS = frozenset({"config.toml", "flags"})
_MATTERS = (b"never", b"granted")
"""States of a choice by which a run differs: crashes refused, counting allowed."""

_A_DAY, _AN_HOUR = 86_400, 3_600
_MOST_CONSENT = 65536
_FOLDER_TYPE, _TYPE_BITS, _WRITABLE_BY_OTHERS = 0o040000, 0o170000, 0o022


class StartSettings:
    """The settings that matter before a terminal runs, with their defaults.

    Attributes:
        may_capture: Crashes may be captured; else the program is not even watched.
        capture, trace_native, hold_write_seconds, hang_seconds, resident,
            follow_children: As in ``Configuration``.
        session: Where they were read from; None: nothing was there to read.
    """

    def __init__(
        self,
        *,
        may_capture: bool = True,
        capture: str = "auto",
        trace_native: bool = False,
        hold_write_seconds: float = 0.25,
        hang_seconds: float = 10.0,
        resident: bool = False,
        follow_children: bool = False,
        session: Session | None = None,
    ) -> None:
        self.may_capture = may_capture
        self.capture = capture
        self.trace_native = trace_native
        self.hold_write_seconds = hold_write_seconds
        self.hang_seconds = hang_seconds
        self.resident = resident
        self.follow_children = follow_children
        self.session = session


def start_settings(*, headless: bool) -> StartSettings:
    """The settings in force.

    Raises:
        CrashwatchError, ReportsError: They cannot be used.
    """
    if is_usual(os.environ):
        return StartSettings()
    from datetime import UTC, datetime  # noqa: PLC0415

    from crashwatch.cli.session import is_headless, open_session  # noqa: PLC0415

    since = datetime.now(UTC) if headless or is_headless() else None
    session = open_session(headless_since=since)
    configuration = session.configuration
    return StartSettings(
        may_capture=session.may_capture(),
        capture=configuration.capture,
        trace_native=configuration.trace_native,
        hold_write_seconds=configuration.hold_write_seconds,
        hang_seconds=configuration.hang_seconds,
        resident=configuration.resident,
        follow_children=configuration.follow_children,
        session=session,
    )


def is_usual(
    environment: Mapping[str, str], system_files: tuple[str, ...] = _SYSTEM_FILES
) -> bool:
    """Whether nothing here differs from a machine where nobody set anything."""
    if any(_steers(name) for name in environment):
        return False
    if any(os.path.lexists(path) for path in system_files):
        return False
    root = _root(environment)
    try:
        names = os.listdir(root) if root else []
        consent = [name for name in names if name.startswith("consent.")]
        return (
            bool(root)
            and _is_trusted(root)
            and not _SETTINGS.intersection(names)
            and not any(_may_matter(os.path.join(root, name)) for name in consent)
        )
    except FileNotFoundError:
        return True
    except OSError:
        return False


def somebody_was_not_asked(environment: Mapping[str, str]) -> bool:
    """Whether reports wait that nobody could be asked about; one look."""
    root = _root(environment)
    return bool(root) and os.path.lexists(os.path.join(root, "unasked"))


def _steers(name: str) -> bool:
    ours = name.startswith(_OUR_VARIABLES) and name not in _HARMLESS
    return ours or name in _OTHER_SWITCHES


def _root(environment: Mapping[str, str]) -> str:
    """As ``reports.home.find_home``; empty where it would not find one."""
    if chosen := environment.get("CRASHWATCH_HOME"):
        return os.path.abspath(chosen)
    state = environment.get("XDG_STATE_HOME", "")
    if state.startswith("/"):
        return os.path.join(state, "crashwatch")
    home = environment.get("HOME", "")
    return os.path.join(home, ".local/state/crashwatch") if home[:1] == "/" else ""


def _is_trusted(root: str) -> bool:
    """Whether every folder in the home is one that ``reports.home`` trusts."""
    folders = [root]
    for folder in (root, os.path.join(root, "reports")):
        if os.path.lexists(folder):
            folders += [os.path.join(folder, name) for name in os.listdir(folder)]
    return all(_is_ours(path) for path in folders)


def _is_ours(path: str) -> bool:
    """A folder of our own that others cannot write to; or a file of our own."""
    found = os.lstat(path)
    kind = found.st_mode & _TYPE_BITS
    if kind not in {_FOLDER_TYPE, 0o100000} or found.st_uid != os.geteuid():
        return False
    return kind != _FOLDER_TYPE or not found.st_mode & _WRITABLE_BY_OTHERS


def _may_matter(path: str) -> bool:
    """Whether a consent file may hold a choice that matters now, or is odd."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags)
    try:
        data = os.read(descriptor, _MOST_CONSENT)
    finally:
        os.close(descriptor)
    return len(data) >= _MOST_CONSENT or any(state in data for state in _MATTERS)


def upkeep_may_be_due(environment: Mapping[str, str]) -> bool:
    """Whether ``cli.detached`` may have something to start: a cheaper look than its."""
    root = _root(environment)
    kept, counted = os.path.join(root, "reports"), os.path.join(root, "usage")
    if root and os.path.lexists(os.path.join(root, "deletion")):
        return True
    if not root or not (os.path.lexists(kept) or os.path.lexists(counted)):
        return False
    import time  # noqa: PLC0415 -- only where something is kept

    try:
        age = time.time() - os.lstat(os.path.join(kept, ".tidied")).st_mtime
    except OSError:
        return True
    waiting = os.path.join(kept, "queued")
    often = os.path.lexists(waiting) and bool(os.listdir(waiting))
    return not 0 <= age < (_AN_HOUR if often else _A_DAY)
