"""What is counted, from terminal to server: allowed, shown, sent, taken back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crashwatch.cli.declared import own_registry
from reports.consent.flags_page import read_flags
from reports.home import Home, open_home
from reports.spool.directory import Spool
from reports.usage.counter_file import keep_ending, this_boot
from reports.usage.counter_layout import (
    COUNTED,
    Section,
    fresh_file,
    one_section,
    places_of,
)
from reports.usage.merge import run_names
from reports.usage.registry import parse_registry
from reports.usage.summary import number_of
from tests.doubles import process_table
from tests.doubles.bugsink_server import bugsink
from tests.doubles.command_line import (
    answer_here,
    crashwatch,
    crashwatch_json,
    environment,
)
from tests.doubles.local_receiver import Receiver
from tests.doubles.requirement import require
from tests.doubles.sample_registry import sample_text
from tests.doubles.stored_bytes import content_of, report_in

pytestmark = pytest.mark.process

CATEGORIES = ("usage", "performance", "features", "plugins")
TODAY = datetime.now(UTC).date()

TERMINAL = """
import sys
from crashwatch import client
print(client.status().stored, *client.status().counted)
for _ in range(50):
    client.count("tabs/opened")
    client.heartbeat()
client.observe("frame_time", 8_000)
client.feature("search")
client.plugin("somebody's own")
client.ready()
"""


@pytest.fixture(autouse=True)
def _gatherers_end(crashwatch_home):
    """Who gathers after a run outlives it."""
    yield
    holders = process_table.holders_of(str(crashwatch_home))
    process_table.wait_until_gone(holders, deadline=60.0)


@pytest.fixture
def here(capfd):
    """A command within this process, which is much faster."""

    def run(*words, **variables):
        with pytest.MonkeyPatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            return answer_here(capfd, *words)

    return run


@pytest.fixture
def status(here):
    """What ``status --json`` says of counters and consent."""
    return lambda: json.loads(here("status", "--json").out)


def run_terminal(**changes):
    ended = crashwatch("run", "--", sys.executable, "-c", TERMINAL, **changes)
    assert (ended.status, ended.err) == (0, "")
    return ended.out.split()


def files_of(home):
    return sorted(p.name for p in home.rglob("*")) if home.exists() else []


def fill_yesterday(home, *, every_bucket=False):
    """What a terminal that ended yesterday would have left."""
    registry = parse_registry(Path(own_registry()).read_bytes())
    places = places_of(registry, TODAY)
    day = TODAY - timedelta(1)
    flags = read_flags(home / "flags")
    counts = {
        p.name: dict.fromkeys(range(p.slots if every_bucket else 1), 123_456)
        for p in places
    }
    head = fresh_file(places, registry.sha256, this_boot(), sections=1)
    grants = tuple(flags.grants.get(category, 0) for category in COUNTED)
    section = Section(number_of(day), grants, counts)
    keep_ending(open_home(home), one_section(head, section, places))


def test_with_nothing_granted_nothing_is_made(crashwatch_home, here):
    assert run_terminal() == ["nowhere"]
    assert files_of(crashwatch_home) == []
    here("consent", "revoke")
    assert run_terminal() == ["nowhere"]
    assert files_of(crashwatch_home) == ["consent.json", "consent.log"]


def test_granted_it_is_counted_shown_and_forgotten_on_refusal(
    crashwatch_home, here, status
):
    assert here("consent", "grant", *CATEGORIES).status == 0
    for _ in range(2):
        assert run_terminal() == ["file", *CATEGORIES]
    assert here("upload").status == 0
    assert run_names(Home(crashwatch_home)) == []
    shown = status()
    today = shown["counters"]["today"]
    assert today["usage"] == {"tabs/opened": 100, "terminal/starts": 2}
    assert today["performance"]["frame_time"] == {"6144": 2}
    assert set(today["performance"]) == {
        *("frame_time", "start_up_time", "peak_memory", "cpu_time", "hangs"),
    }
    assert today["features"] == {"search": {"days_7": 1, "days_28": 1}}
    assert today["plugins"] == {"plugin/other": {"days_7": 1, "days_28": 1}}
    row = next(r for r in shown["consent"] if r["category"] == "usage")
    assert row["allowed"]
    assert row["since"]
    assert row["reason"] == "you allowed usage"
    text = here("status").out
    assert "tabs/opened" in text
    assert "you allowed usage since 20" in text
    here("consent", "revoke", "usage", "features")
    left = status()["counters"]["today"]
    assert set(left) == {"performance", "plugins"}
    kept = b"".join(
        p.read_bytes() for p in (crashwatch_home / "usage").glob("*.counts")
    )
    assert b"tabs/opened" not in kept
    assert run_terminal() == ["file", "performance", "plugins"]


@pytest.mark.parametrize(
    "switch", [{"DO_NOT_TRACK": "1"}, {"CRASHWATCH_NO_TELEMETRY": "1"}]
)
def test_a_switch_off_for_one_run_counts_nothing(crashwatch_home, switch, here):
    here("consent", "grant", "usage")
    before = read_flags(crashwatch_home / "flags")
    assert run_terminal(**switch) in (["nowhere"], ["nowhere"])
    assert run_names(Home(crashwatch_home)) == []
    assert read_flags(crashwatch_home / "flags") == before, "others may count on"


def test_a_grant_on_other_words_does_not_count(crashwatch_home, tmp_path, here, status):
    here("consent", "grant", *CATEGORIES)
    assert run_terminal() == ["file", *CATEGORIES]
    registry = tmp_path / "metrics.toml"
    registry.write_text(sample_text())
    (crashwatch_home / "config.toml").write_text(f'registry = "{registry}"\n')
    (crashwatch_home / "config.toml").chmod(0o600)
    assert run_terminal() == ["nowhere"]
    assert read_flags(crashwatch_home / "flags").grants == {}
    here("consent", "grant", "usage")
    assert run_terminal() == ["file", "usage"]
    here("upload")
    today = status()["counters"]["today"]
    assert today == {"usage": {"tabs/opened": 50}}, "each registry has its own names"


def test_a_registry_that_cannot_be_used_counts_nothing_and_is_told(
    crashwatch_home, here, status
):
    here("consent", "grant", "usage")
    (crashwatch_home / "config.toml").write_text('registry = "/nowhere/metrics.toml"\n')
    (crashwatch_home / "config.toml").chmod(0o600)
    assert run_terminal() == ["nowhere"]
    assert "cannot be read" in status()["counters"]["registry_problem"]


ON_A_SMALL_DISK = """
mount -t tmpfs -o size=96k,mode=700 none "$CRASHWATCH_HOME" || exit 77
"$0" -m crashwatch consent grant usage >/dev/null || exit 78
"$0" -m crashwatch run -- "$0" -c "$1"
"""


def test_a_full_disk_counts_in_memory_and_says_so(crashwatch_home):
    crashwatch_home.mkdir(mode=0o700)
    tool = shutil.which("unshare")
    require(tool, "unshare is missing", "apt-get install util-linux")
    names = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    ended = subprocess.run(
        [
            tool,
            *names,
            "--mount",
            "sh",
            "-c",
            ON_A_SMALL_DISK,
            sys.executable,
            TERMINAL,
        ],
        env=environment(),
        capture_output=True,
        timeout=120,
        check=False,
    )
    require(ended.returncode != 77, "tmpfs may not be mounted here", "run as root")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == [b"memory", b"usage"], ended.stderr


@pytest.mark.bugsink
@pytest.mark.timeout(600)
def test_a_day_becomes_an_event_of_each_category_once(crashwatch_home, tmp_path, here):
    with bugsink(tmp_path / "bugsink") as server:
        wire = {
            "CRASHWATCH_DSN": server.dsn,
            "CRASHWATCH_CA_BUNDLE": str(server.ca_path),
        }
        assert here("consent", "grant", *CATEGORIES, **wire).status == 0
        fill_yesterday(crashwatch_home, every_bucket=True)
        sent = crashwatch_json("upload", "--now", **wire)["sent"]
        assert len(sent) == 4
        assert crashwatch_json("upload", "--now", **wire)["sent"] == []
        stored = {e["event_id"].replace("-", ""): e for e in server.events()}
        assert set(stored) == set(sent)
        day = (TODAY - timedelta(1)).isoformat()
        for event in stored.values():
            assert event["data"]["contexts"]["counts"]["day"] == day
            assert event["data"]["timestamp"] is not None
        assert {e["data"]["tags"]["category"] for e in stored.values()} == set(
            CATEGORIES
        )
        ids = crashwatch_json("identity", "show", **wire)["anonymous_ids"]
        assert len(ids) == 1
        people = {e["data"]["user"]["id"] for e in stored.values()}
        assert people == set(ids.values())
        folder = crashwatch_home / "reports" / "sent"
        sizes = {
            report_in(folder / one)["category"]: len(
                content_of(folder / one, "envelope")
            )
            for one in sent
        }
        print(f"bytes of a day with every bucket filled: {sizes}")
        assert sum(sizes.values()) < 10_000
        shown = here("reports", "show", sent[0])
        assert shown.status == 0, shown.err


def test_a_day_told_within_the_second_of_its_grant_is_sent(crashwatch_home, here):
    """A time without its fraction was before the grant, and held back for good."""
    with Receiver() as receiver:
        wire = {"CRASHWATCH_DSN": receiver.dsn}
        here("consent", "grant", *CATEGORIES, **wire)
        fill_yesterday(crashwatch_home)
        before = datetime.now(UTC)
        told = json.loads(here("upload", "--now", "--json", **wire).out)
    rows = Spool(open_home(crashwatch_home)).list_reports()
    assert all(before <= row.created <= datetime.now(UTC) for row in rows)
    assert set(told["sent"]) == set(receiver.stored) == {row.id for row in rows}
    assert len(rows) == 4


def test_a_day_under_a_grant_taken_back_is_never_told(crashwatch_home, here):
    wire = {"CRASHWATCH_DSN": "https://key@127.0.0.1:9/1"}
    here("consent", "grant", *CATEGORIES, **wire)
    fill_yesterday(crashwatch_home)
    here("consent", "revoke", "usage", **wire)
    here("consent", "grant", "usage", **wire)
    crashwatch("upload", "--now", **wire)
    rows = json.loads(here("reports", "list", "--json", **wire).out)
    assert sorted(row["category"] for row in rows) == [
        "features",
        "performance",
        "plugins",
    ]
    assert {row["state"] for row in rows} == {"queued"}
