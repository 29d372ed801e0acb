"""The two systemd units that begin ``crashwatch upkeep`` every few hours. Pure.

See systemd.timer(5), systemd.service(5) and, for the quoting, systemd.syntax(7).

The times count from the last run and not by the clock, so that a clock that jumps
neither fires nor holds them; the random part keeps the machines of the world, which are
switched on at the same hour, from coming at the same minute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICE, TIMER = "crashwatch.service", "crashwatch.timer"

_SERVICE = """\
# Written by `crashwatch timer on`; `crashwatch timer off` removes it.
[Unit]
Description=Send the crash reports you agreed to, and delete what was kept long enough
Documentation=man:crashwatch-upkeep(1)
ConditionPathExists={home}

[Service]
Type=oneshot
ExecStart={command}
{environment}Nice=19
IOSchedulingClass=idle
NoNewPrivileges=yes
UMask=0077
TimeoutStartSec=10min
"""

_TIMER = """\
# Written by `crashwatch timer on`; `crashwatch timer off` removes it.
[Unit]
Description=Send the crash reports you agreed to, every few hours
Documentation=man:crashwatch-timer(1)

[Timer]
OnStartupSec=10min
OnUnitInactiveSec=3h
RandomizedDelaySec=1h
AccuracySec=10min

[Install]
WantedBy=timers.target
"""


def units(python: str, home: str, environment: Mapping[str, str]) -> dict[str, str]:
    """File name to text of each unit.

    Args:
        python: The interpreter that has crashwatch.
        home: Where everything is kept; without it nothing is started.
        environment: Variables that must hold for it.
    """
    words = [python, "-m", "crashwatch", "upkeep", "--quiet"]
    set_lines = [
        f"Environment={_quoted(f'{name}={value}', dollar='$')}\n"
        for name, value in sorted(environment.items())
    ]
    service = _SERVICE.format(
        home=_specified(home),
        command=" ".join(_quoted(word) for word in words),
        environment="".join(set_lines),
    )
    return {SERVICE: service, TIMER: _TIMER}


def _quoted(word: str, *, dollar: str = "$$") -> str:
    """A word as a unit's line takes it; in commands a dollar must be doubled."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    escaped = escaped.replace("$", dollar)
    return f'"{_specified(escaped)}"'


def _specified(text: str) -> str:
    """A percent sign begins a specifier."""
    return text.replace("%", "%%")
