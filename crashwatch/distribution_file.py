"""What a distribution ships for people who never chose. It can turn nothing on.

Its package puts the file there; each person's own settings and choices go before it::

    off = true                                # nothing, until the person allows it
    ask = false                               # crashes are kept here, nobody is asked
    endpoint = "https://KEY@HOST/PROJECT"     # where nothing else names one

One that cannot be read or believed is taken for ``off = true``: somebody wanted a rule
here, and the strictest one is the only safe guess.
"""

from __future__ import annotations

from crashwatch.dsn import fault_in_dsn
from crashwatch.errors import ConfigurationError
from crashwatch.system_file import read_system_file
from reports.consent.switches import NO_DISTRIBUTION, Distribution

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from crashwatch.toml_text import Settings

DEFAULTS_PATH = "/usr/share/crashwatch/defaults.toml"
"""Who packages for another prefix changes this line and ``usual_start``'s."""


def load_distribution(path: str | os.PathLike[str] = DEFAULTS_PATH) -> Distribution:
    """The defaults of this build. Never raises.

    Args:
        path: The file; without one nothing is changed. As for the administrator's
            policy it must belong to root, or to the user who runs this.
    """
    try:
        settings = read_system_file(path)
        return NO_DISTRIBUTION if settings is None else _parsed(settings)
    except (ConfigurationError, OSError) as error:
        return Distribution(
            off=True, reason=f"the distribution's defaults cannot be used: {error}"
        )


def _parsed(settings: Settings) -> Distribution:
    off, ask = settings.flag("off"), settings.flag("ask")
    endpoint = settings.text("endpoint") or ""
    settings.refuse_others()
    fault = fault_in_dsn(endpoint) if endpoint else ""
    if fault:
        raise settings.fault("endpoint", f"cannot be used: {fault}")
    return Distribution(off=off or False, ask=ask is not False, endpoint=endpoint)
