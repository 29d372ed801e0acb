"""In which country this machine is set up: its locale and its time zone, nothing else.

No network look-up, and no guess from addresses. Both are the person's own settings.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LOCALTIME = "/etc/localtime"
ZONE_TABLE = "/usr/share/zoneinfo/zone.tab"
"""Lines of country code, coordinates and zone, separated by tabs (tz database)."""

_LOCALE = re.compile(r"[a-z]{2,3}_([A-Z]{2})(?:[.@]|\Z)")
_LARGEST_TABLE = 256 * 1024


def countries_here(
    environment: Mapping[str, str],
    *,
    localtime: str = LOCALTIME,
    zone_table: str = ZONE_TABLE,
) -> frozenset[str]:
    """What locale and time zone say, as far as they do: none, one or two countries.

    Args:
        environment: The process's; LC_ALL goes before LC_MESSAGES before LANG.
        localtime: The link that names the system's zone where TZ does not.
        zone_table: Which country each zone is of.
    """
    return frozenset(
        (*_by_locale(environment), *_by_zone(environment, localtime, zone_table))
    )


def _by_locale(environment: Mapping[str, str]) -> Iterator[str]:
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    value = next((environment[n] for n in names if environment.get(n)), "")
    if found := _LOCALE.match(value):
        yield found[1]


def _by_zone(
    environment: Mapping[str, str], localtime: str, zone_table: str
) -> Iterator[str]:
    zone = environment.get("TZ", "").removeprefix(":")
    if not zone:
        try:
            zone = str(Path(localtime).readlink())
        except OSError:
            return
    zone = zone.rpartition("zoneinfo/")[2]
    try:
        with Path(zone_table).open(encoding="ascii", errors="replace") as file:
            text = file.read(_LARGEST_TABLE)
    except OSError:
        return
    for line in text.splitlines():
        fields = line.split("\t")
        if len(fields) >= 3 and fields[2] == zone and not line.startswith("#"):
            yield fields[0]
