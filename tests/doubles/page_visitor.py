"""A person with a browser: real headless Chromium, looking at ``crashwatch view``."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

from tests.doubles.command_line import environment
from tests.doubles.requirement import require

if TYPE_CHECKING:
    from collections.abc import Iterator

AXE = Path(
    os.environ.get("CRASHWATCH_AXE")
    or Path(__file__).parents[2] / "test-artifacts" / "tools" / "axe"
)

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Served:
    """A page that is served."""

    process: subprocess.Popen[str]
    address: str

    @property
    def origin(self) -> str:
        """``http://127.1.2.3:4567``."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"

    def ask(
        self, path: str, *, method: str = "GET", body: str = "", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """One request by hand, headers as given: ``Host`` too where it is there."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        with contextlib.closing(connection):
            connection.request(method, path, body.encode(), sent)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, told, answer.read()


@contextlib.contextmanager
def served(*options: str, **changes: str) -> Iterator[Served]:
    """``crashwatch view``, until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "crashwatch", "view", "--no-browser", *options],
        env=environment(**changes),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert line.startswith("http://127."), line + process.stdout.read()
        yield Served(process, line)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def let_in(page: Served) -> str:
    """Use the address, without a browser; answers the cookie."""
    status, headers, _ = page.ask(page.address.removeprefix(page.origin))
    assert status == 303, headers
    return headers["set-cookie"].partition(";")[0]


@contextlib.contextmanager
def chromium(folder: Path) -> Iterator[Visitor]:
    """A browser of its own; ``folder`` takes its profile and what it downloads."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    require(browser, "chromium is missing", "apt-get install chromium")
    require(driver, "its driver is missing", "apt-get install chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = str(browser)
    for flag in (*_FLAGS, f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(flag)
    downloads = folder / "downloads"
    downloads.mkdir()
    options.add_experimental_option(
        "prefs", {"download.default_directory": str(downloads)}
    )
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with _orphan(str(driver)) as port:
        driven = webdriver.Remote(f"http://127.0.0.1:{port}", options=options)
        try:
            yield Visitor(driven, downloads)
        finally:
            driven.quit()


@contextlib.contextmanager
def _orphan(driver: str) -> Iterator[str]:
    """The driver, as a child of nobody here: a browser starts and ends processes as it
    likes, and none of them is what a test left behind."""
    script = f'timeout 900 "{driver}" --port=0 2>/dev/null & echo $!'
    with subprocess.Popen(
        ["/bin/sh", "-c", script], stdout=subprocess.PIPE, text=True
    ) as shell:
        assert shell.stdout is not None
        pid = int(shell.stdout.readline())
        shell.wait(10)
        try:
            told = next(line for line in shell.stdout if "successfully on port" in line)
            yield told.rpartition(" ")[2].strip().rstrip(".")
        finally:
            os.kill(pid, signal.SIGTERM)


_LOADED = "return document.readyState === 'complete'"
_LOG = "/session/$sessionId/se/log"
_TELL = "/session/$sessionId/goog/cdp/execute"


class Visitor:
    """What a person does with a page."""

    def __init__(self, driver: webdriver.Remote, downloads: Path) -> None:
        self.driver = driver
        self.driver.command_executor._commands["getLog"] = ("POST", _LOG)
        self.driver.command_executor._commands["tell"] = ("POST", _TELL)
        self.downloads = downloads
        self._origin = ""

    def enter(self, page: Served) -> None:
        """Open the printed address."""
        self._origin = page.origin
        self.driver.get("about:blank")
        self.complaints()  # of the page before, which is gone
        self.driver.get(page.address)

    def go(self, path: str) -> None:
        """Open a page."""
        self.driver.get(self._origin + path)

    def press(self, name: str, within: str = "main", *, stays: bool = False) -> None:
        """Press the button of this name; what follows is another page, or it stays."""
        before = self.driver.find_element(By.TAG_NAME, "html")
        self.until(lambda: self._pressed(name, within))
        if not stays:
            self.until(lambda: staleness_of(before)(self.driver))
            self.until(lambda: self.driver.execute_script(_LOADED))

    def _pressed(self, name: str, within: str) -> bool:
        """Whether the button was there; a live page may renew it at any moment."""
        with contextlib.suppress(StaleElementReferenceException):
            for one in self.driver.find_elements(By.CSS_SELECTOR, f"{within} button"):
                if name in (one.text, one.get_attribute("aria-label")):
                    one.click()
                    return True
        return False

    def text(self, within: str = "body") -> str:
        """What is to be read there; a live page may renew it while it is read."""
        read: list[str] = []

        def has_read() -> bool:
            with contextlib.suppress(StaleElementReferenceException):
                read.append(self.driver.find_element(By.CSS_SELECTOR, within).text)
            return bool(read)

        self.until(has_read)
        return read[0]

    def heading(self) -> str:
        """The page's first heading."""
        return self.text("h1")

    def until(self, condition, seconds: float = 20) -> None:
        """Wait for something on the page."""
        WebDriverWait(self.driver, seconds, 0.05).until(lambda _: condition())

    def violations(self) -> list[str]:
        """What axe-core finds that is serious or worse."""
        script = AXE / "axe.min.js"
        require(script.exists(), "axe-core is missing", "run .ci/fetch_axe")
        self.driver.execute_script(script.read_text())
        found = self.driver.execute_async_script(
            "axe.run({resultTypes: ['violations']}).then(arguments[0])"
        )
        return [
            f"{one['id']}: {node['html']}"
            for one in found["violations"]
            if one["impact"] in {"serious", "critical"}
            for node in one["nodes"]
        ]

    def tell_browser(self, command: str, **values: object) -> None:
        """A command of the Chrome DevTools protocol."""
        self.driver.execute("tell", {"cmd": command, "params": values})

    def complaints(self) -> list[str]:
        """What the browser wrote on its console: refused scripts, errors."""
        entries = self.driver.execute("getLog", {"type": "browser"})["value"]
        return [str(entry["message"]) for entry in entries]
