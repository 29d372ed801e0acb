"""The settings before a terminal starts, where nobody refused crash reports.

They are read and checked by those who always do it, but for the parts of
``cli.session`` that a start can do without: the person's consent is not read, since
without a refusal it changes nothing about a start, unless the distribution's defaults
turn everything off.
"""

from __future__ import annotations

import os

from crashwatch.configuration import load_configuration
from crashwatch.distribution_file import load_distribution
from crashwatch.policy_file import load_policy
from crashwatch.whereabouts import region_here
from reports.consent.record import Category
from reports.consent.switches import read_switches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from crashwatch.configuration import Configuration
    from crashwatch.region_settings import Region
    from reports.consent.switches import AdministratorPolicy, Distribution


def plain_settings(
    root: str, environment: Mapping[str, str]
) -> tuple[Configuration, bool] | None:
    """The settings in force, and whether crashes may be captured.

    None: the person's consent has a say.

    Raises:
        ConfigurationError: A setting cannot be used.
    """
    policy, distribution = load_policy(), load_distribution()
    configuration = load_configuration(
        os.path.join(root, "config.toml"),
        environment,
        fixed_dsn=policy.endpoint,
        default_dsn=distribution.endpoint,
    )
    region = region_here(configuration.regions, configuration.region, environment)
    allowed = may_capture(policy, distribution, region, environment)
    return None if allowed is None else (configuration, allowed)


def may_capture(
    policy: AdministratorPolicy,
    distribution: Distribution,
    region: Region | None,
    environment: Mapping[str, str],
) -> bool | None:
    """Whether crashes may be captured, where the person did not refuse them. Pure.

    ``reports.consent.decision`` has the rules; what is told here, it tells too,
    whatever else is in the person's record. None: that has a say.
    """
    switches = read_switches(environment)
    if switches.variable or switches.do_not_track or policy.force_off:
        return False
    if Category.CRASH in policy.forbidden:
        return False
    if region is not None and Category.CRASH in region.forbidden:
        return False
    return None if distribution.off else True
