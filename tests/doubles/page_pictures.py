"""Take the pictures of ``docs/pictures`` anew: the page, with a home in which much was.

``python -m tests.doubles.page_pictures FOLDER [HOME]``: the page tells where its home
is, so HOME should be a folder that a person might have; one is made below it.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reports.home import open_home
from reports.lifecycle import State
from reports.spool.directory import Spool
from tests.doubles.busy_home import add_exception, fill_counters, fill_reports
from tests.doubles.command_line import crashwatch
from tests.doubles.page_visitor import Visitor, chromium, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.home import Home

CONFIG = 'dsn = "https://key@crashes.pachyterm.example/1"\n'
TERMINAL = Path(__file__).parents[2] / "fixtures" / "terminals" / "pachyterm_mini"


class Picture(NamedTuple):
    """One of them: what is opened, and on what."""

    path: str
    scheme: str
    width: int
    height: int

    @property
    def is_phone(self) -> bool:
        """A small screen; its pixels are drawn larger, as a phone's are."""
        return self.width < 600


def pictures(report: str) -> dict[str, Picture]:
    """By the names of their files."""
    return {
        "view-overview-light": Picture("/", "light", 1060, 1180),
        "view-overview-phone-dark": Picture("/", "dark", 390, 844),
        "view-counters-phone": Picture("/counters", "light", 390, 844),
        "view-report-dark": Picture(f"/reports/{report}", "dark", 1060, 1020),
        "view-minidump-light": Picture(
            f"/reports/{report}/minidump", "light", 1060, 900
        ),
        "view-sent-light": Picture("/sent", "light", 1060, 1180),
    }


def filled(home: Home) -> str:
    """Choices, counters, reports; answers the id of the crash to show."""
    home.config.write_text(CONFIG)
    home.config.chmod(0o600)
    fill_counters(home, allow=False)
    fill_reports(home, 40)
    add_exception(home)
    for words in (("grant", "usage", "performance"), ("revoke", "plugins")):
        done = crashwatch("consent", *words, CRASHWATCH_HOME=str(home.root))
        assert done.status == 0, done
    command = ("run", "--headless", "--", sys.executable, TERMINAL, "--crash")
    crashwatch(*command, "null_read", "--", "sh", CRASHWATCH_HOME=str(home.root))
    rows = Spool(home).list_reports(State.PENDING)
    return next(row.id for row in rows if row.program == TERMINAL.name)


def take(visitor: Visitor, wanted: Picture, file: Path) -> None:
    """Open it and write what is seen."""
    visitor.tell_browser(
        "Emulation.setDeviceMetricsOverride",
        width=wanted.width,
        height=wanted.height,
        deviceScaleFactor=1,
        mobile=wanted.is_phone,
    )
    visitor.tell_browser(
        "Emulation.setEmulatedMedia",
        features=[{"name": "prefers-color-scheme", "value": wanted.scheme}],
    )
    visitor.go(wanted.path)
    visitor.driver.save_screenshot(str(file))


@contextlib.contextmanager
def home_at(words: list[str]) -> Iterator[Home]:
    """The one that was named, or one of a moment."""
    with tempfile.TemporaryDirectory() as folder:
        yield open_home(Path(words[0] if words else folder) / "crashwatch")


def main(folder: str, *more: str) -> None:
    """Take them all."""
    with home_at(list(more)) as home, tempfile.TemporaryDirectory() as profile:
        report = filled(home)
        with (
            served(CRASHWATCH_HOME=str(home.root)) as page,
            chromium(Path(profile)) as visitor,
        ):
            visitor.enter(page)
            for name, wanted in pictures(report).items():
                take(visitor, wanted, Path(folder) / f"{name}.png")


if __name__ == "__main__":
    main(*sys.argv[1:])
