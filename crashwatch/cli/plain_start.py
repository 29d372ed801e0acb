"""The settings before a terminal starts, read without what else a command needs.

They are read and checked by those who always do it. The person's record is left aside
where it changes nothing about a start: where crash reports were not refused, unless the
distribution's defaults turn everything off.
"""

from __future__ import annotations

import os

from crashwatch.build_server import is_build_server
from crashwatch.configuration import load_configuration
from crashwatch.distribution_file import load_distribution
from crashwatch.policy_file import load_policy
from crashwatch.whereabouts import region_here
from reports.consent.record import Category
from reports.consent.switches import NO_REGION_RULE, RegionRule, read_switches
from reports.file_names import CONFIG, CONSENT_LOG, CONSENT_RECORD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from crashwatch.configuration import Configuration
    from crashwatch.region_settings import Region
    from reports.consent.switches import AdministratorPolicy, Distribution


def plain_settings(
    root: str, environment: Mapping[str, str], *, headless: bool, refused: bool
) -> tuple[Configuration, bool]:
    """The settings in force, and whether crashes may be captured.

    Args:
        root: The home's folder.
        environment: The process's.
        headless: Nobody is there to be asked, whatever the environment says.
        refused: The person may have refused crash reports.

    Raises:
        ConfigurationError: A setting cannot be used.
    """
    policy, distribution = load_policy(), load_distribution()
    configuration = load_configuration(
        os.path.join(root, CONFIG),
        environment,
        fixed_dsn=policy.endpoint,
        default_dsn=distribution.endpoint,
    )
    region = region_here(configuration.regions, configuration.region, environment)
    allowed = may_capture(policy, distribution, region, environment)
    if allowed is None or (allowed and refused):
        from datetime import UTC, datetime  # noqa: PLC0415

        from crashwatch.cli import recorded  # noqa: PLC0415

        nobody = headless or is_build_server(environment)
        switches = read_switches(
            environment,
            headless_since=datetime.now(UTC) if nobody else None,
            operator=configuration.headless_consent,
            policy=policy,
            region=_rule(region),
            distribution=distribution,
        )
        record = os.path.join(root, CONSENT_RECORD)
        log = os.path.join(root, CONSENT_LOG)
        allowed = recorded.may_capture(record, log, switches)
    return configuration, allowed


def _rule(region: Region | None) -> RegionRule:
    """What matters of it before anything is sent."""
    if region is None:
        return NO_REGION_RULE
    return RegionRule(name=region.name, forbidden=region.forbidden)


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
