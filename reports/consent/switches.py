"""What overrides the person's record: flags, variables, the administrator.

Pure: values in, one ``Switches`` out. Every switch but one can only turn things off;
the one is ``CRASHWATCH_CONSENT`` in headless mode, or ``headless_consent`` of the
settings, by which an operator consents for that run.
"""

from __future__ import annotations

from reports.consent.record import Category
from reports.light_tuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

NO_TELEMETRY_VARIABLE = "CRASHWATCH_NO_TELEMETRY"
DO_NOT_TRACK_VARIABLE = "DO_NOT_TRACK"
CONSENT_VARIABLE = "CRASHWATCH_CONSENT"

_NOT_SET = frozenset({"", "0", "false"})


class AdministratorPolicy(NamedTuple):
    """What ``policy.toml`` says. It can turn off and fix, never turn on.

    Attributes:
        force_off: Nothing is captured or sent.
        forbidden: Categories that are off.
        endpoint: The only DSN that may be used, or empty.
        reason: Why ``force_off`` holds when the file did not say so: it is unreadable.
    """

    force_off: bool = False
    forbidden: frozenset[Category] = frozenset()
    endpoint: str = ""
    reason: str = ""


NO_POLICY = AdministratorPolicy()


class Distribution(NamedTuple):
    """What the defaults of a build say, to people who never chose.

    Attributes:
        off: Nothing is captured and nobody is asked until they allow it.
        ask: They are asked after a crash; otherwise it is kept here.
        endpoint: DSN to use where no setting names one, or empty.
        reason: Why ``off`` holds when the file did not say so: it is unreadable.
    """

    off: bool = False
    ask: bool = True
    endpoint: str = ""
    reason: str = ""


NO_DISTRIBUTION = Distribution()


class RegionRule(NamedTuple):
    """What the law of a region adds; see ``crashwatch.region_settings``.

    Attributes:
        name: The region's; empty: no regions are configured.
        forbidden: Categories that are off there.
        endpoint: ``host:port`` to which its reports may go; empty: nowhere.
        minimum_age: Years; told wherever something can be allowed. 0: none.
    """

    name: str = ""
    forbidden: frozenset[Category] = frozenset()
    endpoint: str = ""
    minimum_age: int = 0


NO_REGION_RULE = RegionRule()


class Switches(NamedTuple):
    """Everything that speaks besides the person's record.

    Attributes:
        flag: ``--no-telemetry`` was given.
        variable: ``CRASHWATCH_NO_TELEMETRY`` is set.
        do_not_track: ``DO_NOT_TRACK`` is set.
        policy: The administrator's.
        region: The region's rule.
        headless_since: When the headless run began; None outside headless mode.
        operator: What a headless run's operator consented to for that run.
        distribution: What the build says to who never chose.
        notes: One line each for the person: what was set and does not count.
    """

    flag: bool = False
    variable: bool = False
    do_not_track: bool = False
    policy: AdministratorPolicy = NO_POLICY
    region: RegionRule = NO_REGION_RULE
    headless_since: datetime | None = None
    operator: frozenset[Category] = frozenset()
    distribution: Distribution = NO_DISTRIBUTION
    notes: tuple[str, ...] = ()

    @property
    def headless(self) -> bool:
        """Whether nobody is there to be asked."""
        return self.headless_since is not None


def read_switches(
    environment: Mapping[str, str],
    *,
    no_telemetry: bool = False,
    headless_since: datetime | None = None,
    operator: Collection[str] = (),
    policy: AdministratorPolicy = NO_POLICY,
    region: RegionRule = NO_REGION_RULE,
    distribution: Distribution = NO_DISTRIBUTION,
) -> Switches:
    """Read the variables, and join them with the rest.

    Args:
        environment: The process's environment.
        no_telemetry: ``--no-telemetry`` was given.
        headless_since: When the headless run began, with its zone; None for a run
            with a person. ``CRASHWATCH_CONSENT`` counts only with it.
        operator: What the settings say of headless runs; the variable replaces it,
            also by nothing.
        policy: As ``crashwatch.policy_file`` read it.
        region: The region's rule.
        distribution: The build's defaults.
    """
    said = environment.get(CONSENT_VARIABLE, ",".join(operator))
    consented, notes = _operator_consent(said)
    if consented and headless_since is None:
        consented = frozenset()
        notes = (f"{CONSENT_VARIABLE} counts in headless mode only: ignored.",)
        if CONSENT_VARIABLE not in environment:
            notes = ()  # settings are written once, for all runs
    return Switches(
        flag=no_telemetry,
        variable=is_set(environment.get(NO_TELEMETRY_VARIABLE)),
        do_not_track=is_set(environment.get(DO_NOT_TRACK_VARIABLE)),
        policy=policy,
        region=region,
        headless_since=headless_since,
        operator=consented,
        distribution=distribution,
        notes=notes,
    )


def is_set(value: str | None) -> bool:
    """Whether an opt-out variable says no: any value but empty, ``0`` and ``false``."""
    return value is not None and value.lower() not in _NOT_SET


def _operator_consent(value: str) -> tuple[frozenset[Category], tuple[str, ...]]:
    """The categories named, and a note when one is unknown, which allows nothing."""
    known = {category.value: category for category in Category}
    names = [name.strip() for name in value.split(",") if name.strip()]
    found = frozenset(known[name] for name in names if name in known)
    if len(found) == len(set(names)):
        return found, ()
    note = (
        f"{CONSENT_VARIABLE} names an unknown category, which allows nothing. "
        f"The categories are {', '.join(known)}."
    )
    return found, (note,)
