"""``crashwatch timer``: let systemd send what waits, where no terminal is started."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click

from crashwatch.cli.session import open_session
from crashwatch.cli.show import as_json, be_quiet, print_json, say
from crashwatch.cli.timer_units import SERVICE, TIMER, units
from crashwatch.errors import CrashwatchError
from reports.whole_file import write_whole

_CARRIED = (
    *("CRASHWATCH_HOME", "CRASHWATCH_DSN", "CRASHWATCH_CA_BUNDLE", "XDG_STATE_HOME"),
    *("CRASHWATCH_NO_TELEMETRY", "DO_NOT_TRACK", "SSL_CERT_FILE"),
    *("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"),
)
"""Variables that hold for what the timer begins as they hold for who switched it on."""

_PATIENCE = 30.0
_CRON = "With cron instead: 17 */3 * * * crashwatch upkeep --quiet"


@click.group()
def timer() -> None:
    """Let systemd begin `crashwatch upkeep` every few hours.

    Starts of terminals do it too; a timer is for machines where none is started for
    days. Nothing of ours stays in memory in between.

    Example: crashwatch timer on
    """


@timer.command("on")
@be_quiet
@as_json
def on(*, in_json: bool) -> None:
    """Write two units of your own systemd, and start the timer.

    Example: crashwatch timer on
    """
    session = open_session()
    folder = _folder()
    home = str(session.home.root)
    carried = {name: os.environ[name] for name in _CARRIED if name in os.environ}
    try:
        _make(folder)
        for name, text in units(sys.executable, home, carried).items():
            _write(folder / name, text)
        _systemctl("daemon-reload")
        _systemctl("enable", "--now", TIMER)
    except CrashwatchError:
        _remove(folder)
        raise
    if in_json:
        _print(folder)
        return
    say(f"Every three to four hours now. Written: {folder / TIMER}, {folder / SERVICE}")
    if not session.configuration.dsn:
        say("No endpoint is set, so nothing is sent: reports stay on this machine.")


@timer.command("off")
@be_quiet
@as_json
def off(*, in_json: bool) -> None:
    """Stop the timer and remove the units.

    Example: crashwatch timer off
    """
    folder = _folder()
    there = (folder / TIMER).exists() or (folder / SERVICE).exists()
    if there:
        try:
            _systemctl("disable", "--now", TIMER)
        finally:
            _remove(folder)
        _systemctl("daemon-reload")
    if in_json:
        _print(folder)
    else:
        say("The timer is gone." if there else "There is no timer.")


@timer.command("show")
@as_json
def show(*, in_json: bool) -> None:
    """Show whether there is a timer, and its units.

    Example: crashwatch timer show
    """
    folder = _folder()
    if in_json:
        _print(folder)
        return
    found = _found(folder)
    if TIMER not in found:
        say("There is no timer; `crashwatch timer on` makes one.")
    for name, text in found.items():
        say(f"{folder / name}:")
        for line in text.splitlines():
            say(f"  {line}")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CrashwatchError(f"{folder}: {error.strerror}") from None


def is_on() -> bool:
    """Whether a timer of ours is there."""
    return (_folder() / TIMER).is_file()


def _print(folder: Path) -> None:
    found = _found(folder)
    print_json({"on": TIMER in found, "folder": str(folder), "units": found})


def _found(folder: Path) -> dict[str, str]:
    return {
        name: (folder / name).read_text("utf-8")
        for name in (TIMER, SERVICE)
        if (folder / name).is_file()
    }


def _folder() -> Path:
    """Where a person's own units are (systemd.unit(5))."""
    chosen = os.environ.get("XDG_CONFIG_HOME", "")
    base = Path(chosen) if chosen.startswith("/") else Path.home() / ".config"
    return base / "systemd" / "user"


def _write(path: Path, text: str) -> None:
    """For its owner alone: a DSN or a proxy may stand in it."""
    try:
        write_whole(path, text.encode(), force=True)
    except OSError as error:
        raise CrashwatchError(f"{path} was not written: {error.strerror}") from None


def _remove(folder: Path) -> None:
    for name in (TIMER, SERVICE):
        (folder / name).unlink(missing_ok=True)


def _systemctl(*words: str) -> None:
    """Tell the person's own systemd.

    Raises:
        CrashwatchError: There is none, or it does not do it.
    """
    tool = shutil.which("systemctl")
    if tool is None:
        raise CrashwatchError("systemctl is missing: no systemd here", _CRON)
    try:
        ended = subprocess.run(
            [tool, "--user", "--no-ask-password", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
            text=True,
            errors="replace",
        )
    except subprocess.TimeoutExpired as error:
        raise CrashwatchError("systemd does not answer", _CRON) from error
    if ended.returncode != 0:
        last = (ended.stderr.strip().splitlines() or [f"status {ended.returncode}"])[-1]
        raise CrashwatchError(f"systemd could not do it: {last[:200]}", _CRON)
