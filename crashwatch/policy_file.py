"""The administrator's policy file. It can turn off, forbid and fix; never turn on.

A policy that cannot be read or believed turns everything off: somebody wanted a rule
here, and the strictest one is the only safe guess::

    force_off = true                          # nothing is captured or sent
    forbid = ["usage", "plugins"]             # these categories are off
    endpoint = "https://KEY@HOST/PROJECT"     # the only place reports may go
"""

from __future__ import annotations

from crashwatch.dsn import fault_in_dsn
from crashwatch.errors import ConfigurationError
from crashwatch.system_file import read_system_file
from reports.consent.record import Category
from reports.consent.switches import NO_POLICY, AdministratorPolicy

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from crashwatch.toml_text import Settings

POLICY_PATH = "/etc/crashwatch/policy.toml"

_CATEGORIES = {category.value: category for category in Category}


def load_policy(path: str | os.PathLike[str] = POLICY_PATH) -> AdministratorPolicy:
    """The policy in force on this machine. Never raises.

    Args:
        path: The file; without one there is no policy. It must belong to root, or to
            the user who runs this, and others may not write to it.
    """
    try:
        settings = read_system_file(path)
        return NO_POLICY if settings is None else _parsed(settings)
    except (ConfigurationError, OSError) as error:
        return AdministratorPolicy(
            force_off=True,
            reason=f"the administrator's policy cannot be used: {error}",
        )


def _parsed(settings: Settings) -> AdministratorPolicy:
    force_off = settings.flag("force_off") or False
    forbidden = settings.texts("forbid") or ()
    endpoint = settings.text("endpoint") or ""
    settings.refuse_others()
    if not set(forbidden) <= _CATEGORIES.keys():
        known = ", ".join(_CATEGORIES)
        raise settings.fault("forbid", f"may only hold {known}")
    fault = fault_in_dsn(endpoint) if endpoint else ""
    if fault:
        raise settings.fault("endpoint", f"cannot be used: {fault}")
    return AdministratorPolicy(
        force_off=force_off,
        forbidden=frozenset(_CATEGORIES[name] for name in forbidden),
        endpoint=endpoint,
    )
