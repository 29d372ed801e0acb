"""What this machine knows of its person, collected so that it can be kept out.

Files and system calls only: no name look-up, no network, no program is started. What
cannot be read is left out; the scrubbers still know the forms of names and paths.
"""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from scrubbers import Identity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_FILE_LIMIT = 65536
_GIT_FIELD = re.compile(r"^\s*(name|email)\s*=\s*\"?([^\"\n#;]+)", re.MULTILINE)
_HARMLESS_VARIABLES = frozenset(
    {
        "COLORTERM",
        "COLUMNS",
        "LANG",
        "LANGUAGE",
        "LINES",
        "PATH",
        "PYTHONFAULTHANDLER",
        "PYTHONUNBUFFERED",
        "SHELL",
        "SHLVL",
        "TERM",
        "TERM_PROGRAM",
        "TZ",
        "_",
    }
)
"""Variables whose values describe the system, not the person."""


def collect_identity(
    environment: Mapping[str, str], arguments: Iterable[str] = ()
) -> Identity:
    """Collect it.

    Args:
        environment: The terminal's environment.
        arguments: The terminal's arguments, the program's name left out.
    """
    account = _account()
    home = environment.get("HOME") or account[2]
    name, email = _git(Path(home) if home else None)
    host = socket.gethostname()
    extra = [
        *_account_extras(account, environment, home),
        *(("git_name", value) for value in name),
        *(("git_email", value) for value in email),
        *_machine_ids(),
        *_addresses(),
        *(("argument", value) for value in arguments if value),
        *_variables(environment),
    ]
    return Identity(
        user=account[0] or environment.get("USER", ""),
        home=home,
        full_name=account[1],
        host=host.partition(".")[0],
        fqdn=host if "." in host else "",
        email=email[0] if email else environment.get("EMAIL", ""),
        extra=tuple(dict.fromkeys(extra)),
    )


def _account() -> tuple[str, str, str]:
    """Login, full name and home of the account this runs under."""
    import pwd  # noqa: PLC0415 -- not on every platform

    try:
        entry = pwd.getpwuid(os.getuid())
    except KeyError:
        return "", "", ""
    return entry.pw_name, entry.pw_gecos.partition(",")[0], entry.pw_dir


def _account_extras(
    account: tuple[str, str, str], environment: Mapping[str, str], home: str
) -> Iterator[tuple[str, str]]:
    """A second login or home, where the environment names others than the account."""
    for variable in ("USER", "LOGNAME", "SUDO_USER"):
        value = environment.get(variable, "")
        if value and value != account[0]:
            yield "user", value
    for other in (account[2], os.path.realpath(home) if home else ""):
        if other and other not in {home, "/", "/nonexistent"}:
            yield "home", other


def _git(home: Path | None) -> tuple[list[str], list[str]]:
    if home is None:
        return [], []
    found: dict[str, list[str]] = {"name": [], "email": []}
    for path in (home / ".gitconfig", home / ".config/git/config"):
        for field, value in _GIT_FIELD.findall(_text(path)):
            found[field].append(value.strip())
    return found["name"], found["email"]


def _machine_ids() -> Iterator[tuple[str, str]]:
    for path in (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id")):
        value = _text(path).strip()
        if value:
            yield "machine_id", value


def _addresses() -> Iterator[tuple[str, str]]:
    """IP and MAC addresses of this machine; loopback names nobody."""
    import psutil  # noqa: PLC0415 -- only when something is captured

    for addresses in psutil.net_if_addrs().values():
        for address in addresses:
            value = address.address.partition("%")[0]
            if value.startswith(("127.", "00:00:00:00:00:00")) or value == "::1":
                continue
            yield ("mac" if address.family == psutil.AF_LINK else "ip"), value


def _variables(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in environment.items():
        if value and name not in _HARMLESS_VARIABLES and not name.startswith("LC_"):
            yield "environment", value


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_FILE_LIMIT).decode("utf-8", "replace")
    except OSError:
        return ""
