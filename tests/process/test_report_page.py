"""``report.html`` and ``timeline.svg``, opened from the disk in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crashwatch.headless.pages import plot_picture, report_page
from reports.payload import Item
from tests.doubles.hostile_report import hostile_report
from tests.doubles.page_visitor import Visitor, chromium
from tests.doubles.sample_report import sample_report, samples

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("browser")) as found:
        yield found


def open_file(visitor: Visitor, path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    visitor.driver.get("about:blank")
    visitor.complaints()  # of the page before, which is gone
    visitor.driver.get(path.as_uri())


def style_of(visitor: Visitor, selector: str, name: str) -> str:
    script = (
        "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
    )
    return visitor.driver.execute_script(script, selector, name)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_is_read_and_drawn(visitor, tmp_path, scheme):
    visitor.tell_browser(
        "Emulation.setEmulatedMedia",
        features=[{"name": "prefers-color-scheme", "value": scheme}],
    )
    items = (Item("event", "", b"x" * 3000),)
    page = report_page(sample_report(), items, samples())
    open_file(visitor, tmp_path / "report.html", page)
    assert visitor.complaints() == []  # its policy allows its own style
    assert visitor.heading() == "main.py crashed (SIGSEGV)."
    assert "<app>/crashes.py:8" in visitor.text("details[open]")
    paper = style_of(visitor, "html", "backgroundColor")
    assert paper == {"light": "rgb(251, 250, 247)", "dark": "rgb(21, 25, 27)"}[scheme]
    assert style_of(visitor, ".plot .line", "fill") == "none"
    boxes = visitor.driver.execute_script(
        "return [...document.querySelectorAll('.plot .line')].map("
        "line => line.getBBox().width)"
    )
    assert boxes == [720] * 5
    assert visitor.violations() == []


def test_it_fits_a_phone(visitor, tmp_path):
    metrics = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    visitor.tell_browser("Emulation.setDeviceMetricsOverride", **metrics)
    try:
        page = report_page(sample_report(), (), samples())
        open_file(visitor, tmp_path / "report.html", page)
        wide = visitor.driver.execute_script(
            "return document.documentElement.scrollWidth"
        )
    finally:
        visitor.tell_browser("Emulation.clearDeviceMetricsOverride")
    assert wide == 360


def test_nothing_of_a_hostile_report_is_run_or_loaded(visitor, tmp_path):
    page = report_page(hostile_report(), (), samples())
    open_file(visitor, tmp_path / "report.html", page)
    assert visitor.complaints() == []
    assert visitor.driver.execute_script("return document.scripts.length") == 0
    loaded = "return performance.getEntriesByType('resource').length"
    assert visitor.driver.execute_script(loaded) == 0


def test_the_plot_by_itself(visitor, tmp_path):
    picture = plot_picture(samples(), "SIGSEGV")
    open_file(visitor, tmp_path / "timeline.svg", picture)
    assert visitor.complaints() == []
    assert style_of(visitor, ".line", "fill") == "none"
    size = visitor.driver.execute_script(
        "const box = document.documentElement.getBoundingClientRect();"
        "return [box.width, box.height]"
    )
    assert size == [752, 522]
