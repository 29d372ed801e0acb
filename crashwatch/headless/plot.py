"""What a program used, over time, as the paths of small SVG plots. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from crashwatch.prompts.size_text import size_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crashwatch.supervisor.timeline import Sample

WIDTH: Final = 720
HEIGHT: Final = 64
_CPU_WINDOW: Final = 0.25
"""Seconds: the kernel counts CPU time in ticks of 10 ms, so a shorter look jumps."""
_LEAST: Final = 0.001


@dataclass(frozen=True, slots=True)
class Panel:
    """One quantity, drawn in a box of ``WIDTH`` by ``HEIGHT``.

    Attributes:
        name: What it is.
        line: SVG path data from left to right.
        area: The same, closed along the bottom.
        most: The highest value, as a person reads it; the top of the box.
        last: The value at the end.
        end: Height of the last point, from the top.
    """

    name: str
    line: str
    area: str
    most: str
    last: str
    end: float

    @property
    def said(self) -> str:
        """The panel in words, for who does not see it."""
        return f"{self.name}: at most {self.most}, at the end {self.last}"


@dataclass(frozen=True, slots=True)
class Plot:
    """All panels over the same time.

    Attributes:
        begins, ends: Seconds since the start, as text.
    """

    panels: tuple[Panel, ...]
    begins: str
    ends: str


def plot(samples: Sequence[Sample]) -> Plot | None:
    """The plot; None where fewer than two samples make no line."""
    if len(samples) < 2:
        return None
    times = [sample.seconds for sample in samples]
    panels = (
        _panel("CPU", times, processor_use(samples), lambda n: f"{n:.0f} %"),
        _panel("Memory", times, [s.resident_bytes for s in samples], _size),
        _panel("Threads", times, [s.threads for s in samples], _count),
        _panel("Open files", times, [s.descriptors for s in samples], _count),
        _panel("Children", times, [s.children for s in samples], _count),
    )
    return Plot(panels, seconds_text(times[0]), seconds_text(times[-1]))


def processor_use(samples: Sequence[Sample]) -> list[float]:
    """Per cent of one processor at each sample, over the quarter second before it."""
    used: list[float] = []
    first = 0
    for sample in samples:
        while samples[first + 1 : first + 2] and (
            sample.seconds - samples[first + 1].seconds >= _CPU_WINDOW
        ):
            first += 1
        before = samples[first]
        passed = sample.seconds - before.seconds
        worked = sample.cpu_seconds - before.cpu_seconds
        used.append(max(0.0, 100 * worked / passed) if passed >= _LEAST else 0.0)
    if len(used) > 1:
        used[0] = used[1]  # nothing is known of the time before the first look
    return used


def seconds_text(seconds: float) -> str:
    """``1.3 s``, ``4 min 10 s``, ``2 h 3 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _panel(
    name: str,
    times: Sequence[float],
    values: Sequence[float],
    told: Callable[[float], str],
) -> Panel:
    most = max(values)
    begins, spread = times[0], (times[-1] - times[0]) or 1.0
    points = [
        (
            round(WIDTH * (when - begins) / spread, 1),
            round(HEIGHT - HEIGHT * value / (most or 1), 1),
        )
        for when, value in zip(times, values, strict=True)
    ]
    line = "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
    area = f"{line}V{HEIGHT}H0Z"
    return Panel(name, line, area, told(most), told(values[-1]), points[-1][1])


def _size(value: float) -> str:
    return size_text(int(value))


def _count(value: float) -> str:
    return f"{value:.0f}"
