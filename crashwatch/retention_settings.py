"""How long things are kept: the table ``[retention]`` of ``config.toml``.

What stands here are the longest times there are: settings can only lower them. Loaded
before a terminal starts, so nothing large is imported.
"""

from __future__ import annotations

from reports.light_tuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crashwatch.toml_text import Settings

_WHY = ": what is kept can only be shortened"
_MEGABYTE = 1024 * 1024


class Retention(NamedTuple):
    """Days, reports and megabytes.

    Attributes:
        pending_days: Waiting for the person's answer.
        queued_days: Agreed to, waiting for the server; from the agreement on.
        sent_days: Copies of what was sent; from its receipt on.
        withheld_days: Reasons of withheld reports.
        quarantine_days: Damaged reports, and those a server refused.
        counters_days: Counted days.
        log_days: Choices after they were replaced, and lines about reports that are
            gone.
        most_reports: In all states together.
        most_megabytes: Of files as they lie, in all states together.
    """

    pending_days: int = 30
    queued_days: int = 21
    sent_days: int = 30
    withheld_days: int = 30
    quarantine_days: int = 30
    counters_days: int = 90
    log_days: int = 3 * 365
    most_reports: int = 2000
    most_megabytes: int = 64

    @property
    def most_bytes(self) -> int:
        """``most_megabytes`` in bytes."""
        return self.most_megabytes * _MEGABYTE

    def at_most(self, other: Retention) -> Retention:
        """The shorter of both, for each."""
        return Retention(*(min(pair) for pair in zip(self, other, strict=True)))


LONGEST = Retention()


def read_retention(table: Settings | None) -> Retention:
    """Read the keys of a table that are about retention; each may be left out.

    Raises:
        ConfigurationError: A value is not a whole number, below 1, or above the
            longest there is.
    """
    if table is None:
        return LONGEST
    read = {
        name: table.whole(name, 1, longest, why=_WHY)
        for name, longest in LONGEST._asdict().items()
    }
    return LONGEST._replace(**{k: v for k, v in read.items() if v is not None})
