"""What a start needs to know, found out without loading more than it takes.

On most machines nothing says anything special: no policy of an administrator, no
defaults of a distribution, no ``config.toml``, no variable of ours, no refusal. That is
seen with a few system calls. Settings and a refusal are read by ``cli.plain_start``;
what merely looks odd is for those whose task it is (``cli.session``), which costs the
start some 20 ms. Consent is looked at again, by them, before anything is captured.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the start of every terminal 5 ms
    from collections.abc import Mapping

    from crashwatch.cli.session import Session
    from crashwatch.configuration import Configuration

_SYSTEM_FILES = ("/etc/crashwatch/policy.toml", "/usr/share/crashwatch/defaults.toml")
_OUR_VARIABLES = "CRASHWATCH_"
_HARMLESS = ("CRASHWATCH_HOME", "CRASHWATCH_CHILDREN")
_OTHER_SWITCHES = ("DO_NOT_TRACK",)
_REFUSED, _GRANTED = b"never", b"granted"
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
        may_count: Something may be allowed to be counted, or was and is no more.
        session: Where they were read from, where that took one.
    """

    def __init__(
        self,
        *,
        may_capture: bool = True,
        capture: str = "auto",
        trace_native: bool = False,
        hold_write_seconds: float = 10.0,
        hang_seconds: float = 10.0,
        resident: bool = False,
        follow_children: bool = False,
        may_count: bool = False,
    ) -> None:
        self.may_capture = may_capture
        self.capture = capture
        self.trace_native = trace_native
        self.hold_write_seconds = hold_write_seconds
        self.hang_seconds = hang_seconds
        self.resident = resident
        self.follow_children = follow_children
        self.may_count = may_count
        self.session: Session | None = None


class Look:
    """What a few system calls tell of a machine.

    Attributes:
        root: The home, which may not exist yet.
        settings: There is a variable, or a file, that may set something.
        refused: The person may have refused crash reports.
        counts: Something may be allowed to be counted, or was and is no more.
    """

    def __init__(
        self, root: str, *, settings: bool, refused: bool = False, counts: bool = False
    ) -> None:
        self.root = root
        self.settings = settings
        self.refused = refused
        self.counts = counts


def start_settings(*, headless: bool) -> StartSettings:
    """The settings in force.

    Raises:
        CrashwatchError, ReportsError: They cannot be used.
    """
    seen = look(os.environ)
    if seen is not None and not (seen.settings or seen.refused):
        return StartSettings(may_count=seen.counts)
    if seen is not None:
        from crashwatch.cli.plain_start import plain_settings  # noqa: PLC0415

        found, allowed = plain_settings(
            seen.root, os.environ, headless=headless, refused=seen.refused
        )
        return _of(found, may_capture=allowed, may_count=seen.counts)
    session = session_of(headless=headless)
    may_capture = session.may_capture()
    settings = _of(session.configuration, may_capture=may_capture, may_count=True)
    settings.session = session
    return settings


def _of(
    configuration: Configuration, *, may_capture: bool, may_count: bool
) -> StartSettings:
    return StartSettings(
        may_capture=may_capture,
        capture=configuration.capture,
        trace_native=configuration.trace_native,
        hold_write_seconds=configuration.hold_write_seconds,
        hang_seconds=configuration.hang_seconds,
        resident=configuration.resident,
        follow_children=configuration.follow_children,
        may_count=may_count,
    )


def session_of(*, headless: bool) -> Session:
    """Everything a command needs, for the run that begins now.

    Raises:
        CrashwatchError, ReportsError: As ``open_session``.
    """
    from datetime import UTC, datetime  # noqa: PLC0415

    from crashwatch.cli.session import is_headless, open_session  # noqa: PLC0415

    since = datetime.now(UTC) if headless or is_headless() else None
    return open_session(headless_since=since)


def look(
    environment: Mapping[str, str], system_files: tuple[str, ...] = _SYSTEM_FILES
) -> Look | None:
    """Look at a machine; None: something is odd, and for others to judge."""
    root = home_of(environment)
    if not root:
        return None
    settings = any(map(_steers, environment)) or any(map(os.path.lexists, system_files))
    try:
        names = _names_in(root)
        told = [name for name in names or () if name.startswith("consent.")]
        consent = [_start_of(os.path.join(root, name)) for name in told]
        odd = names is not None and not _is_trusted(root)
    except OSError:
        return None
    if odd or any(len(data) >= _MOST_CONSENT for data in consent):
        return None
    names = names or []
    return Look(
        root,
        settings=settings or "config.toml" in names,
        refused=any(_REFUSED in data for data in consent),
        counts="flags" in names or any(_GRANTED in data for data in consent),
    )


def somebody_was_not_asked(environment: Mapping[str, str]) -> bool:
    """Whether reports wait that nobody could be asked about; one look."""
    root = home_of(environment)
    return bool(root) and os.path.lexists(os.path.join(root, "unasked"))


def _steers(name: str) -> bool:
    ours = name.startswith(_OUR_VARIABLES) and name not in _HARMLESS
    return ours or name in _OTHER_SWITCHES


def home_of(environment: Mapping[str, str]) -> str:
    """As ``reports.home.find_home``; empty where it would not find one."""
    if chosen := environment.get("CRASHWATCH_HOME"):
        return chosen if chosen[0] == "/" else os.path.join(os.getcwd(), chosen)
    state = environment.get("XDG_STATE_HOME", "")
    if state.startswith("/"):
        return os.path.join(state, "crashwatch")
    home = environment.get("HOME", "")
    if home[:1] != "/" or _is_borrowed(environment):
        return ""
    return os.path.join(home, ".local/state/crashwatch")


def _is_borrowed(environment: Mapping[str, str]) -> bool:
    if "SUDO_UID" not in environment:
        return False
    from reports.home import is_borrowed  # noqa: PLC0415 -- under sudo alone

    return is_borrowed(environment)


def _names_in(root: str) -> list[str] | None:
    """What is in a home; None where there is none. A link to nothing is an OSError."""
    try:
        return os.listdir(root)
    except FileNotFoundError:
        if os.path.lexists(root):
            raise
        return None


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


def _start_of(path: str) -> bytes:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags)
    try:
        return os.read(descriptor, _MOST_CONSENT)
    finally:
        os.close(descriptor)


def upkeep_may_be_due(environment: Mapping[str, str]) -> bool:
    """Whether ``cli.detached`` may have something to start: a cheaper look than its."""
    root = home_of(environment)
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
