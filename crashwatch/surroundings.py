"""What the desktop tells of the connection and the power supply. Doubt holds nothing.

NetworkManager says whether the connection is metered, over the system's D-Bus; it is
asked through ``busctl`` (systemd) or ``gdbus`` (GLib), whichever is there, and never
started for it. The kernel says which power supplies there are and what they do.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from reports.upload.circumstances import Circumstances

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crashwatch.delivery_settings import Delivery

POWER_SUPPLIES = Path("/sys/class/power_supply")
_PATIENCE = 2.0

_NAME = "org.freedesktop.NetworkManager"
_OBJECT = "/org/freedesktop/NetworkManager"
_ASK = {
    "busctl": (
        *("--system", "--auto-start=no", "get-property"),
        *(_NAME, _OBJECT, _NAME, "Metered"),
    ),
    "gdbus": (
        *("call", "--system", "--dest", _NAME),
        *("--object-path", _OBJECT, "--method", "org.freedesktop.DBus.Properties.Get"),
        *(_NAME, "Metered"),
    ),
}
"""``busctl`` answers ``u 4``, ``gdbus`` ``(<uint32 4>,)``."""

_NUMBER = re.compile(r"\A(?:u |\(<uint32 )([0-9]{1,9})(?:>,\))?\s*\Z")
_METERED = frozenset({1, 3})
"""NMMetered: 0 unknown, 1 yes, 2 no, 3 guessed yes, 4 guessed no
(https://networkmanager.dev/docs/api/latest/nm-dbus-types.html#NMMetered)."""


def look_around(settings: Delivery) -> Circumstances:
    """What tells against sending now, of what the settings heed; asks for no more."""
    return Circumstances(
        metered=not settings.on_metered and is_metered(),
        on_battery=not settings.on_battery and runs_on_battery(supplies()),
    )


def is_metered() -> bool:
    """Whether NetworkManager says that the connection is metered."""
    for tool, arguments in _ASK.items():
        path = shutil.which(tool)
        if path is not None:
            return metered_in(_answer(path, arguments))
    return False


def metered_in(answer: str) -> bool:
    """Whether an answer of either tool says so."""
    found = _NUMBER.match(answer)
    return found is not None and int(found[1]) in _METERED


def _answer(path: str, arguments: Iterable[str]) -> str:
    try:
        ended = subprocess.run(
            [path, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
            text=True,
            errors="replace",
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return ended.stdout if ended.returncode == 0 else ""


def supplies(folder: Path = POWER_SUPPLIES) -> list[dict[str, str]]:
    """The power supplies the kernel knows, each with what matters of its attributes.

    See Documentation/ABI/testing/sysfs-class-power of the kernel.
    """
    try:
        found = sorted(folder.iterdir())
    except OSError:
        return []
    return [
        {name: _line(each / name) for name in ("type", "scope", "status", "online")}
        for each in found
    ]


def _line(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace").strip()
    except OSError:
        return ""


def runs_on_battery(supplies: Iterable[Mapping[str, str]]) -> bool:
    """Whether a battery of the computer's own is being emptied and nothing feeds it.

    The battery of a mouse or a phone (scope ``Device``) is not the computer's.
    """
    own = [each for each in supplies if each["scope"] != "Device"]
    fed = any(each["type"] != "Battery" and each["online"] == "1" for each in own)
    emptied = any(
        each["type"] == "Battery" and each["status"] == "Discharging" for each in own
    )
    return emptied and not fed
