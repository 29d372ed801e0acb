"""A report as one HTML file that needs nothing beside it, and its plot as SVG.

The page holds no script and loads nothing: its policy names the SHA-256 of its own
style sheet and forbids all else, so it may be kept, mailed and opened anywhere. What is
printed goes through the function that makes control and bidirectional characters
visible, then through the escaping of HTML; nothing is marked as safe.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from crashwatch.frame_text import frame_place
from crashwatch.headless import plot
from crashwatch.headless.outcome import Finding, title_of
from crashwatch.prompts.screen_text import escaped
from crashwatch.prompts.size_text import size_text
from crashwatch.supervisor.exit_reason import FATES
from reports.joined_stack import joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crashwatch.supervisor.timeline import Sample
    from reports.crash_report import CrashReport, RaisedException
    from reports.payload import Item

HERE = Path(__file__).parent / "templates"


def report_page(
    report: CrashReport, items: Sequence[Item] = (), samples: Sequence[Sample] = ()
) -> str:
    """One report as a whole HTML document.

    Args:
        report: The report.
        items: What would be sent, to be named with size and SHA-256.
        samples: What the program used until then; drawn where there are two or more.
    """
    style = _render("report.css").encode()
    survived = FATES[report.reason.kind].survives
    return _render(
        "report.html",
        title=title_of(Finding(report.reason.kind, report), report.program),
        report=report,
        items=items,
        exceptions=tuple(raised_in(report)),
        threads=[(thread, joined(thread)) for thread in report.threads],
        removed=sum(each.count for each in report.removed),
        plot=plot.plot(samples),
        end="this report" if survived else "the end",
        style_hash=base64.b64encode(hashlib.sha256(style).digest()).decode(),
    )


def plot_picture(samples: Sequence[Sample], end: str = "") -> str:
    """The plot as an SVG document; with fewer than two samples it says so.

    Args:
        samples: Oldest first.
        end: What happened at the right end, in a word.
    """
    return _render("plot.svg", plot=plot.plot(samples), end=end)


def raised_in(report: CrashReport) -> Iterator[tuple[str, RaisedException]]:
    """Each exception and how it belongs to the one before it; the first: not at all."""
    if report.exception is not None:
        yield from _related("", report.exception)


def _related(
    relation: str, raised: RaisedException
) -> Iterator[tuple[str, RaisedException]]:
    yield relation, raised
    if raised.cause is not None:
        yield from _related("caused by", raised.cause)
    for number, member in enumerate(raised.group, 1):
        yield from _related(f"member {number} of the group", member)


def _render(template: str, **values: object) -> str:
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {"size": size_text, "place": frame_place}
    made.globals |= {"plot_width": plot.WIDTH, "plot_height": plot.HEIGHT}
    return made


def _visible(value: object) -> object:
    """What a template prints; its own macros are HTML already."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return escaped(value)
    return value
