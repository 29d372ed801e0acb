"""The page of ``crashwatch view``, driven in a real browser."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By

from reports.envelope import build_envelope, event_bytes
from reports.home import open_home
from reports.lifecycle import Event, State
from reports.payload import Item, make_payload
from reports.spool.directory import Spool
from tests.doubles.busy_home import add_crash, fill_counters, fill_reports
from tests.doubles.command_line import crashwatch_json
from tests.doubles.page_visitor import chromium, served

pytestmark = pytest.mark.process

PICTURES = Path(__file__).parents[2] / "test-artifacts" / "prompts"
HASHES = (By.CSS_SELECTOR, ".decision .hash")
CELLS = (By.CSS_SELECTOR, "th, td")
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202egnp.exe\x9b\u200f\"'&"
SHOWN = "\\x1b[31m\\u202egnp.exe"


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture
def home(crashwatch_home):
    return open_home(crashwatch_home)


def chosen(category: str) -> dict[str, object]:
    rows = crashwatch_json("consent", "show")
    return next(row for row in rows if row["category"] == category)


def test_grant_refuse_approve_discard(visitor, home):
    first, second = fill_reports(home, 1)[0], add_crash(home)
    with served() as page:
        visitor.enter(page)
        assert visitor.heading().startswith("2 reports wait for your answer")
        visitor.press("Allow usage")
        assert "Allowed from now on: usage." in visitor.text(".notice")
        assert (chosen("usage")["state"], chosen("usage")["how"]) == (
            "granted",
            "window",
        )
        assert visitor.text("#category-usage .state") == "on"
        visitor.press("Refuse usage")
        assert "Refused: usage." in visitor.text(".notice")
        assert chosen("usage")["state"] == "refused"

        visitor.go(f"/reports/{second}")
        # Nothing is ticked beforehand: leaving something out is what a tick does.
        assert visitor.driver.find_elements(By.CSS_SELECTOR, "input:checked") == []
        visitor.driver.find_element(By.NAME, "without").click()
        visitor.press("Approve this report")
        assert "No endpoint is set, so it waits here" in visitor.text(".notice")
        stored = Spool(home).read(second)
        assert stored.summary.state is State.QUEUED
        assert stored.approval is not None
        assert stored.approval.how == "window"
        assert [item.type for item in stored.approved_items] == ["event"]

        visitor.go(f"/reports/{first}")
        visitor.press("Discard")
        assert f"Report {first[:8]} is gone" in visitor.text(".notice")
        assert [row.id for row in Spool(home).list_reports()].count(first) == 0
        assert "c" * 8 in visitor.text("table")
        assert visitor.complaints() == []


def test_everything_of_a_report_is_shown(visitor, home):
    crash = add_crash(home)
    stored = Spool(home).read(crash)
    with served() as page:
        visitor.enter(page)
        visitor.go(f"/reports/{crash}")
        shown = visitor.text()
        assert visitor.heading() == "main.py crashed (SIGSEGV)."
        for word in ("string_at", "<stdlib>/ctypes/__init__.py:519", "thread name"):
            assert word in shown
        assert all(item.sha256 in shown for item in stored.items)
        visitor.go(f"/reports/{crash}/fields")
        assert "threads[0].frames[1].function" in visitor.text("table")
        assert "what each thread" not in visitor.text("table")  # of the parts alone
        visitor.go(f"/reports/{crash}/minidump")
        shown = visitor.text()
        assert "0x00007f1100001234" in shown  # rip
        assert "/usr/lib/libone.so.1" in shown
        visitor.go(f"/reports/{crash}/payload")
        payload = visitor.text("pre")
        assert f'"event_id": "{crash}"' in payload
        assert "4d 44 4d 50" in payload  # MDMP
        cookie = visitor.driver.get_cookies()[0]
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        sent = f"{cookie['name']}={cookie['value']}"
        status, _, body = page.ask(f"/reports/{crash}/envelope", Cookie=sent)
        assert (status, body) == (200, stored.envelope)
        assert visitor.complaints() == []


def test_a_crash_appears_by_itself(visitor, home):
    with served() as page:
        visitor.enter(page)
        assert visitor.heading() == "Nothing waits for you. Nothing has been sent."
        visitor.until(lambda: "Live" in visitor.text("#live"))
        crash = add_crash(home)
        visitor.until(lambda: crash[:8] in visitor.driver.page_source)
        visitor.until(lambda: "Updated" in visitor.text("#live"))
        assert visitor.heading().startswith("1 report waits for your answer")
        assert "Updated" in visitor.text("#live")
        crashwatch_json("consent", "grant", "usage")
        on = '<span class="state on">on</span>'
        visitor.until(lambda: on in visitor.driver.page_source)


def test_export_erase_and_the_end(visitor, home):
    add_crash(home)
    with served() as page:
        visitor.enter(page)
        visitor.go("/data")
        visitor.press("Export as ZIP", stays=True)
        file = visitor.downloads / "crashwatch-export.zip"
        visitor.until(file.exists)
        names = zipfile.ZipFile(file).namelist()
        assert any(name.endswith("report.json.zst") for name in names), names
        file.unlink()

        visitor.go("/data")
        visitor.press(
            "Erase", stays=True
        )  # the box is not ticked: the browser stops it
        assert len(Spool(home).list_reports()) == 1
        visitor.driver.find_element(By.NAME, "sure").click()
        visitor.press("Erase")
        visitor.until(lambda: "files erased" in visitor.text())
        assert "nothing is left" in visitor.text(".notice")
        assert Spool(home).list_reports() == ()

        visitor.press("End this page", "footer")
        assert visitor.heading() == "The page has ended"
        assert page.process.wait(20) == 0


def test_a_comment_is_shown_as_it_would_be_sent_and_then_agreed_to(visitor, home):
    crash = add_crash(home)
    with served() as page:
        visitor.enter(page)
        visitor.go(f"/reports/{crash}")
        visitor.driver.find_element(By.NAME, "comment").send_keys(
            "I <b>opened</b> /home/zoe/diary.txt"
        )
        visitor.press("Show it as it would be sent")
        visitor.until(lambda: "as it would be sent" in visitor.heading())
        assert visitor.text(".said") == "I <b>opened</b> <home>/<path>"
        assert '"message": "I <b>opened</b> <home>/<path>"' in visitor.text("pre")
        assert visitor.violations() == []
        PICTURES.mkdir(parents=True, exist_ok=True)
        visitor.driver.save_screenshot(str(PICTURES / "view-comment.png"))
        shown = [each.text for each in visitor.driver.find_elements(*HASHES)]
        assert Spool(home).find(crash).state is State.PENDING
        visitor.press("Approve with this comment")
        stored = Spool(home).read(crash)
        assert stored.summary.state is State.QUEUED
        assert [item.sha256 for item in stored.items] == shown
        assert stored.approval.digests == set(shown)
        assert "I <b>opened</b> <home>/<path>" in visitor.text("dl")


def test_a_comment_goes_without_the_minidump(visitor, home):
    crash = add_crash(home)
    with served() as page:
        visitor.enter(page)
        visitor.go(f"/reports/{crash}")
        visitor.driver.find_element(By.NAME, "comment").send_keys("I scrolled")
        visitor.press("Show it as it would be sent")
        visitor.until(lambda: "as it would be sent" in visitor.heading())
        event, dump = (each.text for each in visitor.driver.find_elements(*HASHES))
        assert visitor.driver.find_elements(By.CSS_SELECTOR, "input:checked") == []
        visitor.driver.find_element(By.NAME, "without").click()
        visitor.press("Approve with this comment")
        stored = Spool(home).read(crash)
        assert stored.summary.state is State.QUEUED
        assert stored.approval.digests == {event}
        assert [item.sha256 for item in stored.items] == [event, dump]
        assert json.loads(stored.report_json)["comment"] == "I scrolled"


def test_each_change_works_without_scripts(visitor, home):
    crash = add_crash(home)
    visitor.tell_browser("Emulation.setScriptExecutionDisabled", value=True)
    try:
        with served() as page:
            visitor.enter(page)
            visitor.press("Allow features")
            assert chosen("features")["state"] == "granted"
            visitor.go(f"/reports/{crash}")
            visitor.press("Approve this report")
            assert Spool(home).find(crash).state is State.QUEUED
            visitor.press("Discard")
            assert Spool(home).list_reports() == ()
    finally:
        visitor.tell_browser("Emulation.setScriptExecutionDisabled", value=False)


def test_the_account_is_that_of_status(visitor, home):
    fill_reports(home, 30)
    spool = Spool(home)
    pending = [row.id for row in spool.list_reports(State.PENDING)]
    queued = spool.list_reports(State.QUEUED)[0].id
    spool.discard(pending[0], event=Event.DROP, why="too many reports")
    spool.discard(pending[1])
    spool.set_aside(queued, Event.REJECT, "HTTP 400")
    told = crashwatch_json("status")["account"]
    fates = {name: n for name, n in told.items() if name not in {"captured", "reasons"}}
    assert min(fates.values()) > 0, fates
    with served() as page:
        visitor.enter(page)
        for path in ("/", "/sent"):
            visitor.go(path)
            rows = visitor.driver.find_elements(By.CSS_SELECTOR, ".account tr")
            shown = [[cell.text for cell in row.find_elements(*CELLS)] for row in rows]
            *parts, whole = shown
            assert {name.replace(" ", "_"): int(n) for name, n, _ in parts} == fates
            assert whole[:2] == ["captured in all", str(told["captured"])]
            whys = {line for *_, text in parts for line in text.splitlines()[1:]}
            assert whys == {f"{r['reports']}: {r['why']}" for r in told["reasons"]}
        assert visitor.heading() == f"{fates['sent']} reports were sent"


def hostile_report(home) -> str:
    """A stored report that no wall of ours would let through."""
    report_id = "d" * 32
    report = {
        "schema": 1,
        "id": report_id,
        "created": "2026-03-04T05:06:07Z",
        "category": "crash",
        "program": "pachyterm",
        "reason": {"kind": "signal", "signal": "SIGSEGV"},
        "threads": [{"name": HOSTILE, "frames": [{"function": "A" * 1_000_000}]}],
        HOSTILE: HOSTILE,
    }
    event = {"event_id": report_id, "message": HOSTILE, "long": "B" * 1_000_000}
    items = (Item("event", "", event_bytes(event)),)
    payload = make_payload(
        id=report_id,
        category="crash",
        report_json=json.dumps(report).encode(),
        envelope=build_envelope(report_id, items),
        items=items,
    )
    Spool(home).add(payload)
    return report_id


def test_a_hostile_report_is_only_text(visitor, home):
    hostile = hostile_report(home)
    with served() as page:
        visitor.enter(page)
        for path in ("", "/fields", "/payload", "/minidump"):
            visitor.go(f"/reports/{hostile}{path}")
            source = visitor.driver.page_source
            assert "<script>alert" not in source
            assert not set("\x1b\x9b\u202e\u200f") & set(source)
            assert len(source) < 2_500_000
        visitor.go(f"/reports/{hostile}/fields")
        assert f"<script>alert(1)</script>{SHOWN}" in visitor.text("table")
        assert "998,000 more characters" in visitor.text("table")
        visitor.go(f"/reports/{hostile}/payload")
        assert "BBBB" in visitor.text("pre")
        assert visitor.complaints() == []  # no script was refused: there was none


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_trouble_for_who_does_not_see(visitor, home, scheme):
    crash = add_crash(home)
    fill_reports(home, 6)
    fill_counters(home, 5)
    visitor.tell_browser(
        "Emulation.setEmulatedMedia",
        features=[{"name": "prefers-color-scheme", "value": scheme}],
    )
    paths = ["/", f"/reports/{crash}"]
    if scheme == "light":
        pages = ("fields", "minidump", "payload")
        paths += ["/counters", "/sent", "/data", "/reports", "/disclosure"]
        paths += [f"/reports/{crash}/{name}" for name in pages]
    with served() as page:
        visitor.enter(page)
        for path in paths:
            visitor.go(path)
            assert visitor.violations() == [], path


def test_the_keyboard_reaches_and_a_phone_holds_everything(visitor, home):
    crash = add_crash(home)
    fill_counters(home, 5)
    visitor.tell_browser(
        "Emulation.setDeviceMetricsOverride",
        width=360,
        height=740,
        deviceScaleFactor=2,
        mobile=True,
    )
    with served() as page:
        visitor.enter(page)
        for path in ("/", "/counters", "/sent", "/data", f"/reports/{crash}"):
            visitor.go(path)
            wide = "return document.documentElement.scrollWidth"
            assert visitor.driver.execute_script(wide) <= 360, path
        visitor.go("/")
        body = visitor.driver.find_element(By.TAG_NAME, "body")
        reached = []
        for _ in range(14):
            body.send_keys("\ue004")  # Tab
            focused = visitor.driver.switch_to.active_element
            outline = focused.value_of_css_property("outline-style")
            assert outline == "solid", focused.get_attribute("outerHTML")
            reached.append(focused.get_attribute("aria-label") or focused.text)
        assert reached[0] == "Skip to the content"
        assert "Always send reports of a crash" in reached
    visitor.tell_browser("Emulation.clearDeviceMetricsOverride")
