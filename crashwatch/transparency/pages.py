"""Templates to HTML: the one place where text becomes a page.

Everything printed goes through the escaping of HTML, and before it through the one
function that makes control and bidirectional characters visible. Nothing is marked as
safe anywhere, and a test looks for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from crashwatch.prompts.screen_text import escaped
from crashwatch.prompts.size_text import counted, size_text
from crashwatch.transparency.charts import HEIGHT
from reports.crash_report import LONGEST_COMMENT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

HERE = Path(__file__).parent
STATIC = HERE / "static"


class Pages:
    """The templates, read once each."""

    def __init__(self, token: str) -> None:
        """Read nothing yet; ``token`` goes into every form."""
        self._environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_visible,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters |= {
            "size": size_text,
            "moment": moment,
            "number": number,
            "plural": counted,
        }
        self._environment.globals |= {
            "token": token,
            "chart_height": HEIGHT,
            "comment_most": LONGEST_COMMENT,
        }

    def render(self, template: str, values: Mapping[str, object]) -> str:
        """One page."""
        return self._environment.get_template(template).render(values)


def _visible(value: object) -> object:
    """What a template prints; its own macros are HTML already."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return escaped(value)
    return value


def moment(when: datetime | None) -> str:
    """``2026-03-04 05:06``, in UTC as everything is kept."""
    return f"{when:%Y-%m-%d %H:%M}" if when else ""


def number(count: int) -> str:
    """``12,345``."""
    return f"{count:,}"
