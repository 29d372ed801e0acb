"""Fuzz target: a registry of metrics and a list of plugins."""

from __future__ import annotations

from datetime import date

from reports.errors import RegistryError
from reports.usage.counter_layout import (
    fresh_file,
    parse_counter_file,
    places_of,
    size_of,
)
from reports.usage.registry import parse_registry


def TARGET(data: bytes) -> None:  # noqa: N802 -- the name every fuzz target has
    """Any bytes are refused, or make a counter file that reads as it was made."""
    text, _, plugins = data.partition(b"\0")
    names = plugins.decode("latin-1").split(",") if plugins else []
    try:
        registry = parse_registry(text, names)
    except RegistryError as error:
        assert str(error).isprintable()  # noqa: PT017 -- not a test of pytest
        return
    places = places_of(registry, date(2026, 11, 22))
    head = fresh_file(places, registry.sha256, bytes(16), sections=1)
    file = parse_counter_file(head.ljust(size_of(head), b"\0"))
    assert file.places == places
