"""Regions: what the law of where we are adds. Pure, but for ``crashwatch.whereabouts``.

``config.toml`` maps regions to rules; which one holds is said there or told by the
machine's locale and time zone, never by a look-up on the network::

    region = "auto"                           # or the name of one of these
    [regions.eu]
    countries = ["DE", "FR"]                  # without it: the name, if it is a country
    dsn = "https://KEY@eu.example.org/1"
    forbid = ["plugins"]
    minimum_age = 16
    sent_days = 7                             # any key of [retention]
    [regions.us]
    dsn = "https://KEY@us.example.org/1"

Where the region cannot be told, the strictest of them all holds in each point, and
nothing leaves unless all of them name the same endpoint.
"""

from __future__ import annotations

from crashwatch.dsn import fault_in_dsn
from crashwatch.retention_settings import LONGEST, Retention, read_retention
from reports.consent.record import Category
from reports.light_tuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from crashwatch.toml_text import Settings

AUTO = "auto"
UNKNOWN = "unknown"
_OLDEST = 21
CATEGORIES = {category.value: category for category in Category}

_EEA_CODES = (
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO"
    " SE SI SK"
)
_EEA = frozenset(_EEA_CODES.split())
"""What the name ``eu`` means without a list: the European Economic Area, in the codes
of ISO 3166-1."""


class Region(NamedTuple):
    """The rules of one region.

    Attributes:
        countries: ISO 3166-1 codes, upper case.
        dsn: The only place its reports may go; empty: nowhere; None: it names none,
            and they go where the setting ``dsn`` says.
        forbidden: Categories that are off there.
        minimum_age: Years, told wherever something can be allowed; 0: none.
        retention: What is kept, and how long.
    """

    name: str
    countries: frozenset[str] = frozenset()
    dsn: str | None = None
    forbidden: frozenset[Category] = frozenset()
    minimum_age: int = 0
    retention: Retention = LONGEST


def read_regions(table: Settings | None) -> tuple[Region, ...]:
    """Read ``[regions]``.

    Raises:
        ConfigurationError: A setting that cannot be used.
    """
    if table is None:
        return ()
    found = [_region(table, name) for name in table.keys]
    return tuple(found)


def choose_region(
    regions: tuple[Region, ...], wish: str, countries: Iterable[str]
) -> Region | None:
    """The rules that hold; None where no regions are configured.

    Args:
        regions: As ``read_regions`` gave them.
        wish: The setting ``region``.
        countries: What the machine's locale and time zone tell, as far as they do.
    """
    if not regions:
        return None
    if wish != AUTO:
        named = next((r for r in regions if r.name == wish), None)
        return named or strictest(regions)
    told = {_region_of(regions, country) for country in countries}
    if len(told) != 1:
        return strictest(regions)  # nothing tells, or two things contradict each other
    return told.pop() or strictest(regions)


def strictest(regions: tuple[Region, ...]) -> Region:
    """The strictest of them in each point."""
    retention = LONGEST
    for region in regions:
        retention = retention.at_most(region.retention)
    endpoints = {region.dsn for region in regions}
    return Region(
        name=UNKNOWN,
        dsn=endpoints.pop() if len(endpoints) == 1 else "",
        forbidden=frozenset().union(*(region.forbidden for region in regions)),
        minimum_age=max(region.minimum_age for region in regions),
        retention=retention,
    )


def _region_of(regions: tuple[Region, ...], country: str) -> Region | None:
    holding = [region for region in regions if country in region.countries]
    return holding[0] if len(holding) == 1 else None


def _region(table: Settings, name: str) -> Region:
    settings = table.table(name)
    if settings is None:
        raise table.fault(name, "must be a table")
    if (
        name in {AUTO, UNKNOWN}
        or not (name.isascii() and name.isalnum())
        or not (name.islower() and len(name) <= 16)
    ):
        raise table.fault(name, "cannot be a region: use up to 16 small letters")
    dsn = settings.text("dsn")
    fault = fault_in_dsn(dsn) if dsn else ""
    if fault:
        raise settings.fault("dsn", f"cannot be used: {fault}")
    region = Region(
        name=name,
        countries=_countries(settings, name),
        dsn=dsn,
        forbidden=_forbidden(settings),
        minimum_age=settings.whole("minimum_age", 0, _OLDEST) or 0,
        retention=read_retention(settings),
    )
    settings.refuse_others()
    return region


def _countries(settings: Settings, name: str) -> frozenset[str]:
    listed = settings.texts("countries")
    if listed is None:
        return _EEA if name == "eu" else frozenset({name.upper()})
    if not all(len(c) == 2 and c.isascii() and c.isalpha() for c in listed):
        raise settings.fault("countries", 'may only hold codes as "DE"')
    return frozenset(country.upper() for country in listed)


def _forbidden(settings: Settings) -> frozenset[Category]:
    names = settings.texts("forbid") or ()
    if not set(names) <= CATEGORIES.keys():
        raise settings.fault("forbid", f"may only hold {', '.join(CATEGORIES)}")
    return frozenset(CATEGORIES[name] for name in names)
