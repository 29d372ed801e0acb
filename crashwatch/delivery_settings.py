"""How much may be sent, and when: the table ``[delivery]`` of ``config.toml``.

Loaded where the table is there or something is sent, not before a terminal starts.
"""

from __future__ import annotations

from reports.light_tuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crashwatch.toml_text import Settings

_KB = 1024
_MOST_DAILY_KB = 100 * 1024
_MOST_KB_A_SECOND = 100 * 1024


class Delivery(NamedTuple):
    """What holds for what leaves by standing consent.

    Attributes:
        daily_kb: Kilobytes a day on the wire, in all; 0: nothing leaves but what
            somebody looked at and agreed to.
        kb_a_second: Kilobytes a second, for everything.
        on_metered: It may go over a connection that costs by what goes over it.
        on_battery: It may go while the computer runs on its battery.
    """

    daily_kb: int = 10
    kb_a_second: int = 16
    on_metered: bool = False
    on_battery: bool = False

    @property
    def daily_bytes(self) -> int:
        """``daily_kb`` in bytes."""
        return self.daily_kb * _KB

    @property
    def bytes_a_second(self) -> float:
        """``kb_a_second`` in bytes."""
        return float(self.kb_a_second * _KB)


USUAL = Delivery()


def read_delivery(table: Settings) -> Delivery:
    """Read the table; each key may be left out.

    Raises:
        ConfigurationError: A value cannot be used.
    """
    return Delivery(
        daily_kb=_or(table.whole("daily_kb", 0, _MOST_DAILY_KB), USUAL.daily_kb),
        kb_a_second=_or(
            table.whole("kb_a_second", 1, _MOST_KB_A_SECOND), USUAL.kb_a_second
        ),
        on_metered=table.flag("on_metered") or False,
        on_battery=table.flag("on_battery") or False,
    )


def _or(value: int | None, default: int) -> int:
    return default if value is None else value
