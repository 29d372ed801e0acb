"""A small registry with one metric of each kind."""

from reports.usage.registry import Registry, parse_registry

_METRIC = """
["{name}"]
kind = "{kind}"
category = "{category}"
description = "a metric for tests"
{unit}
expires = 2099-12-31
sensitivity = "technical"
"""

_ALL = (
    ("tabs/opened", "counter", "usage", 'unit = "tabs"'),
    ("output/chunks", "counter", "usage", 'unit = "chunks"'),
    ("frame_time", "histogram", "performance", 'unit = "microseconds"'),
    ("search", "feature", "features", ""),
    ("plugin", "plugin", "plugins", ""),
)


def sample_text() -> str:
    """The registry as TOML."""
    return "".join(
        _METRIC.format(name=name, kind=kind, category=category, unit=unit)
        for name, kind, category, unit in _ALL
    )


def sample_registry(*plugins: str) -> Registry:
    """The registry, with these plugins declared."""
    return parse_registry(sample_text().encode(), plugins or ("git-status",))
