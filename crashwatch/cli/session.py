"""Everything a command needs, read once: home, settings, consent, switches.

``run`` loads this before the terminal starts, and ``reports list`` before it reads:
what only others need is loaded where they ask for it.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

from crashwatch import __version__
from crashwatch.build_server import is_build_server
from crashwatch.cli.complaint import complain
from crashwatch.configuration import DEFAULTS, Configuration, load_configuration
from crashwatch.distribution_file import load_distribution
from crashwatch.dsn import host_of
from crashwatch.errors import ConfigurationError
from crashwatch.policy_file import load_policy
from crashwatch.whereabouts import region_here
from reports.consent.record import Category, Given, Occasion, Terms
from reports.consent.switches import (
    NO_REGION_RULE,
    AdministratorPolicy,
    Distribution,
    RegionRule,
    Switches,
    read_switches,
)
from reports.home import Home, find_home, open_home, read_home
from reports.light_tuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crashwatch.delivery_settings import Delivery
    from crashwatch.region_settings import Region
    from reports.consent.decision import Decision
    from reports.consent.disclosure import Metric
    from reports.consent.standing import ConsentState
    from reports.spool.directory import Spool
    from reports.spool.listing import Listing
    from reports.spool.retention import Limits


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class Session(NamedTuple):
    """One command's view of the world.

    Attributes:
        home: Where everything is kept; may not exist yet.
        configuration: The settings, with the region's already in them.
        switches: What overrides the person's record.
    """

    home: Home
    configuration: Configuration
    switches: Switches

    @property
    def listing(self) -> Listing:
        """The reports, to be looked at."""
        from reports.spool.listing import Listing  # noqa: PLC0415

        return Listing(self.home)

    @property
    def spool(self) -> Spool:
        """The reports."""
        from reports.spool.directory import Spool  # noqa: PLC0415
        from reports.spool.trim import trim_if_needed  # noqa: PLC0415

        limits = self.limits()
        return Spool(
            self.home,
            region=self.switches.region,
            after_write=lambda spool: trim_if_needed(spool, limits),
        )

    def limits(self) -> Limits:
        """How many reports are kept, and how long."""
        from crashwatch.cli.kept import limits_of  # noqa: PLC0415

        return limits_of(self.configuration.retention)

    def delivery(self) -> Delivery:
        """How much may be sent, and when."""
        from crashwatch.delivery_settings import USUAL  # noqa: PLC0415

        return self.configuration.delivery or USUAL

    def recipient(self) -> str:
        """Host that reports would go to; empty: nowhere."""
        return host_of(self.configuration.dsn) if self.configuration.dsn else ""

    def disclosure(self) -> str:
        """The words that a choice made now is bound to."""
        from crashwatch.cli.kept import kept_for  # noqa: PLC0415
        from reports.consent.disclosure import disclosure_text  # noqa: PLC0415

        return disclosure_text(
            recipient=self.recipient(),
            metrics=self.metrics(),
            kept=kept_for(self.configuration.retention),
            region=self.switches.region,
        )

    def metrics(self) -> tuple[Metric, ...]:
        """What may be counted; nothing where the registry cannot be used."""
        from crashwatch.cli.declared import load_registry  # noqa: PLC0415
        from reports.errors import RegistryError  # noqa: PLC0415
        from reports.usage.disclosed import disclosed  # noqa: PLC0415

        try:
            return disclosed(load_registry(self.configuration))
        except RegistryError:
            return ()

    def terms(self) -> Terms:
        """The policy and disclosure in force."""
        from reports.consent.disclosure import terms_of  # noqa: PLC0415

        return terms_of(self.disclosure())

    def consent(self) -> ConsentState:
        """The person's record as it is at this moment."""
        from reports.consent.record_file import load_consent  # noqa: PLC0415

        return load_consent(
            self.home.consent_record,
            self.home.consent_log,
            terms=self.terms(),
            now=now(),
        )

    def decide(self, category: Category) -> Decision:
        """Whether data of a category, recorded now, may be kept and sent."""
        from reports.consent.decision import Recorded, decide  # noqa: PLC0415

        return decide(
            category, self.consent(), self.switches, recorded=Recorded(time=now())
        )

    def may_capture(self) -> bool:
        """Whether crashes may be captured."""
        from crashwatch.cli.recorded import may_capture  # noqa: PLC0415

        record, log = self.home.consent_record, self.home.consent_log
        return may_capture(record, log, self.switches)

    def occasion(self, how: Given) -> Occasion:
        """The circumstances of a choice made now."""
        return Occasion(
            how=how,
            now=now(),
            terms=self.terms(),
            application_version=__version__,
        )

    def for_writing(self) -> Session:
        """The same, with the home created where it is missing.

        Raises:
            StorageError: The home cannot be trusted or made.
        """
        return self._replace(home=open_home(self.home.root))


def open_session(
    *, no_telemetry: bool = False, headless_since: datetime | None = None
) -> Session:
    """Read everything; creates nothing.

    Raises:
        StorageError: The home cannot be trusted.
        ConfigurationError: A setting cannot be used.
    """
    home = read_home(find_home(os.environ))
    policy = load_policy()
    distribution = load_distribution()
    configuration = load_configuration(
        home.config,
        os.environ,
        fixed_dsn=policy.endpoint,
        default_dsn=distribution.endpoint,
    )
    return _session(
        home,
        configuration,
        policy,
        distribution,
        no_telemetry=no_telemetry,
        headless_since=headless_since,
    )


def open_session_for_rights() -> Session:
    """The same for who refuses, exports or erases: they need not mend settings first.

    Settings that cannot be used are told, and left aside; there is no endpoint then.

    Raises:
        StorageError: The home cannot be trusted.
    """
    try:
        return open_session()
    except ConfigurationError as error:
        complain(f"{error}; done without the settings", error.hint)
    home = read_home(find_home(os.environ))
    return _session(home, DEFAULTS, load_policy(), load_distribution())


def _session(
    home: Home,
    configuration: Configuration,
    policy: AdministratorPolicy,
    distribution: Distribution,
    *,
    no_telemetry: bool = False,
    headless_since: datetime | None = None,
) -> Session:
    region = region_here(configuration.regions, configuration.region, os.environ)
    if region is not None:
        configuration = under(configuration, region, fixed_dsn=policy.endpoint)
    switches = read_switches(
        os.environ,
        no_telemetry=no_telemetry,
        headless_since=headless_since,
        operator=configuration.headless_consent,
        policy=policy,
        region=_rule(region, configuration),
        distribution=distribution,
    )
    if distribution.endpoint and configuration.dsn == distribution.endpoint:
        note = "The endpoint is this build's default; `dsn` in config.toml goes before."
        switches = switches._replace(notes=(*switches.notes, note))
    return Session(home, configuration, switches)


def under(
    configuration: Configuration, region: Region, *, fixed_dsn: str = ""
) -> Configuration:
    """The settings as a region's rules allow them.

    Its endpoint goes before the file's and the environment's, which nobody may use to
    get round it; the administrator's fixed one goes before all.
    """
    dsn = configuration.dsn if region.dsn is None else region.dsn
    return configuration._replace(
        dsn=fixed_dsn or dsn,
        retention=configuration.retention.at_most(region.retention),
    )


def _rule(region: Region | None, configuration: Configuration) -> RegionRule:
    if region is None:
        return NO_REGION_RULE
    from reports.upload.dsn import parse_dsn  # noqa: PLC0415

    return RegionRule(
        name=region.name,
        forbidden=region.forbidden,
        endpoint=parse_dsn(configuration.dsn).place if configuration.dsn else "",
        minimum_age=region.minimum_age,
    )


def is_headless() -> bool:
    """Whether this is a build server, by the variables they set."""
    return is_build_server(os.environ)
