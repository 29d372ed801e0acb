"""The registry: every metric that may be counted, read from ``metrics.toml``. Pure.

A table of the file is a metric, its name quoted::

    ["tabs/opened"]
    kind = "counter"            # counter, histogram, feature or plugin
    category = "usage"          # usage, performance, features or plugins
    description = "how many tabs are opened"
    unit = "tabs"               # counter and histogram only
    expires = 2027-12-31        # from the day after, it is counted no more
    sensitivity = "interaction" # technical or interaction

Nothing more sensitive can be declared: what a person typed, saw or is called is
collected by nothing of ours. What is odd is refused whole: half a registry would count
under a disclosure that names other things.
"""

from __future__ import annotations

import enum
import re
from datetime import date, datetime

from reports.consent.record import Category
from reports.errors import RegistryError
from reports.light_tuple import NamedTuple
from reports.plain_toml import read_plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_METRICS = 500
LARGEST = 256 * 1024
"""Bytes of a registry file at most."""

UNDECLARED = "undeclared"
"""The metric of our own that counts names nobody declared."""

PLUGIN_PREFIX = "plugin/"
OTHER_PLUGIN = "plugin/other"

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}(?:/[a-z0-9_]{1,32}){0,2}")
_PLUGIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_TEXT = re.compile(r"[ -~]{3,120}")
_UNIT = re.compile(r"[a-z]{1,20}")


class Kind(enum.Enum):
    """What is kept of a metric."""

    COUNTER = "counter"
    """How often."""
    HISTOGRAM = "histogram"
    """How often each size occurred: two buckets for each power of two."""
    FEATURE = "feature"
    """On which days it was used; not how often."""
    PLUGIN = "plugin"
    """Which of the declared plugins was in use on a day."""


class Sensitivity(enum.Enum):
    """How much a metric tells of the person; there is no third kind."""

    TECHNICAL = "technical"
    """Of the program and the machine only."""
    INTERACTION = "interaction"
    """How the program is used."""


_CATEGORY_OF = {
    Kind.FEATURE: Category.FEATURES,
    Kind.PLUGIN: Category.PLUGINS,
}


class DeclaredMetric(NamedTuple):
    """One declared metric.

    Attributes:
        description: For the disclosure, without its full stop.
        unit: Of counters and histograms; else empty.
        expires: The last day on which it is counted.
    """

    name: str
    kind: Kind
    category: Category
    description: str
    unit: str
    expires: date
    sensitivity: Sensitivity


class Registry(NamedTuple):
    """All that may be counted.

    Attributes:
        metrics: By name, in order.
        plugins: Names of the plugins that may be told.
        sha256: Of the file's bytes and the plugins: 32 bytes.
    """

    metrics: tuple[DeclaredMetric, ...]
    plugins: tuple[str, ...]
    sha256: bytes

    def current(self, today: date) -> tuple[DeclaredMetric, ...]:
        """Those that have not expired."""
        return tuple(metric for metric in self.metrics if today <= metric.expires)

    def names(self, today: date) -> dict[str, DeclaredMetric]:
        """What may be told of a day: each name of a counter file to its metric."""
        found: dict[str, DeclaredMetric] = {}
        for metric in self.current(today):
            if metric.kind is Kind.PLUGIN:
                for plugin in (*self.plugins, "other"):
                    found[PLUGIN_PREFIX + plugin] = metric
            else:
                found[metric.name] = metric
        return found


def parse_registry(data: bytes, plugins: Iterable[str] = ()) -> Registry:
    """Read a registry.

    Args:
        data: The file.
        plugins: The publicly known plugins, by name.

    Raises:
        RegistryError: It cannot be used; says which metric and why.
    """
    if len(data) > LARGEST:
        raise RegistryError(f"the registry is larger than {LARGEST} bytes")
    try:
        tables = _tables(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise RegistryError("the registry is not valid TOML") from error
    if len(tables) > MOST_METRICS:
        raise RegistryError(f"the registry declares more than {MOST_METRICS} metrics")
    names = tuple(sorted(set(plugins)))
    for name in names:
        if not _PLUGIN.fullmatch(name):
            raise RegistryError("a plugin's name is up to 40 of a-z, 0-9, _ and -")
    metrics = tuple(_metric(name, tables[name]) for name in sorted(tables))
    if sum(metric.kind is Kind.PLUGIN for metric in metrics) > 1:
        raise RegistryError("the registry declares plugins twice")
    told = "\n".join(names).encode()
    return Registry(metrics, names, _sha256(data + b"\0" + told))


def _sha256(data: bytes) -> bytes:
    """The digest, by Python's own code: ``hashlib`` loads OpenSSL, 2 ms of a start."""
    for name in (
        "_sha2",
        "_sha256",
        "hashlib",
    ):  # from 3.12 on, before it, without both
        try:
            digest: bytes = __import__(name).sha256(data).digest()
        except ImportError:
            continue
        return digest
    raise RegistryError("this Python has no SHA-256")


def _tables(text: str) -> dict[str, object]:
    """Raises ValueError, RecursionError."""
    plain = read_plain(text)
    if plain is not None:
        return plain
    import tomllib  # noqa: PLC0415 -- slow to load, and not needed for our own

    return tomllib.loads(text)


def _metric(name: str, table: object) -> DeclaredMetric:
    shown = name if _NAME.fullmatch(name) else "a metric"
    if shown != name or name == UNDECLARED:
        raise RegistryError("a metric's name is not of the form tabs/opened, or ours")
    if not isinstance(table, dict):
        raise RegistryError(f"{shown} is no table")
    try:
        fields = _Fields(table)
        kind = Kind(fields.text("kind"))
        metric = DeclaredMetric(
            name=name,
            kind=kind,
            category=Category(fields.text("category")),
            description=fields.text("description", _TEXT),
            unit=fields.text("unit", _UNIT)
            if kind in {Kind.COUNTER, Kind.HISTOGRAM}
            else "",
            expires=fields.day("expires"),
            sensitivity=Sensitivity(fields.text("sensitivity")),
        )
        fields.refuse_others()
        _check_category(metric)
    except ValueError as error:
        raise RegistryError(f"{shown} is not well declared: {error}") from None
    return metric


def _check_category(metric: DeclaredMetric) -> None:
    wanted = _CATEGORY_OF.get(metric.kind)
    if wanted is not None and metric.category is not wanted:
        raise ValueError(f"its category must be {wanted.value}")
    if wanted is None and metric.category not in {Category.USAGE, Category.PERFORMANCE}:
        raise ValueError("its category must be usage or performance")
    if metric.kind is Kind.PLUGIN and metric.name != "plugin":
        raise ValueError("its name must be plugin")
    if metric.kind is not Kind.PLUGIN and metric.name.partition("/")[0] == "plugin":
        raise ValueError("names of plugins are given by the list of plugins")


class _Fields:
    """A table's keys, each taken once. Raises ValueError."""

    def __init__(self, table: dict[str, object]) -> None:
        self._left = dict(table)

    def text(self, key: str, form: re.Pattern[str] | None = None) -> str:
        value = self._left.pop(key, None)
        if not isinstance(value, str):
            raise ValueError(f"{key} is missing or no text")  # noqa: TRY004 -- one error
        if form is not None and not form.fullmatch(value):
            raise ValueError(f"{key} has an odd form")
        return value

    def day(self, key: str) -> date:
        value = self._left.pop(key, None)
        if not isinstance(value, date) or isinstance(value, datetime):
            raise ValueError(f"{key} is missing or no date")  # noqa: TRY004
        return value

    def refuse_others(self) -> None:
        if self._left:
            raise ValueError("it has a key that means nothing")
