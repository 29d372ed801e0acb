"""In which country this machine is set up: its locale and its time zone, nothing else.

No network look-up, and no guess from addresses. Both are the person's own settings.
A terminal waits for it where regions are configured, so nothing large is imported.
"""

from __future__ import annotations

import os

from crashwatch.region_settings import choose_region

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crashwatch.region_settings import Region

LOCALTIME = "/etc/localtime"
ZONE_TABLE = "/usr/share/zoneinfo/zone.tab"
"""Lines of country code, coordinates and zone, separated by tabs (tz database)."""

_LARGEST_TABLE = 256 * 1024


def region_here(
    regions: tuple[Region, ...], wish: str, environment: Mapping[str, str]
) -> Region | None:
    """The region we are in; looked for only where regions are configured.

    Args:
        regions: The rules of each.
        wish: The setting ``region``.
        environment: The process's.
    """
    if not regions:
        return None
    return choose_region(regions, wish, countries_here(environment))


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
    # As in de_DE.UTF-8: language, country, and what neither of them is.
    language, _, rest = value.partition("_")
    country, after = rest[:2], rest[2:3]
    if (
        _are_letters(language)
        and language.islower()
        and 2 <= len(language) <= 3
        and _are_letters(country)
        and country.isupper()
        and len(country) == 2
        and after in ("", ".", "@")
    ):
        yield country


def _are_letters(text: str) -> bool:
    return text.isascii() and text.isalpha()


def _by_zone(
    environment: Mapping[str, str], localtime: str, zone_table: str
) -> Iterator[str]:
    zone = environment.get("TZ", "").removeprefix(":")
    if not zone:
        try:
            zone = os.readlink(localtime)
        except OSError:
            return
    name = os.fsencode(zone.rpartition("zoneinfo/")[2])
    try:
        with open(zone_table, "rb") as file:
            table = file.read(_LARGEST_TABLE)
    except OSError:
        return
    for line in table.splitlines():
        fields = line.split(b"\t")
        if len(fields) >= 3 and fields[2] == name and not line.startswith(b"#"):
            yield fields[0].decode("ascii", "replace")
