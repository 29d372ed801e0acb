"""The registry in force: the configured one, or Pachyterm's own."""

from __future__ import annotations

import os

import reports.usage
from reports.errors import RegistryError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crashwatch.configuration import Configuration
    from reports.usage.registry import Registry


def own_registry() -> str:
    """The file of the metrics that Pachyterm declares."""
    return os.path.join(os.path.dirname(reports.usage.__file__), "metrics.toml")  # noqa: PTH118, PTH120


def load_registry(configuration: Configuration) -> Registry:
    """The registry in force.

    Raises:
        RegistryError: It cannot be used.
    """
    from reports.usage.registry import LARGEST, parse_registry  # noqa: PLC0415

    try:
        with open(configuration.registry or own_registry(), "rb") as file:  # noqa: PTH123
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise RegistryError(
            f"the registry cannot be read: {error.strerror}",
            hint="Correct registry in config.toml; until then nothing is counted.",
        ) from error
    return parse_registry(data, configuration.plugins)
