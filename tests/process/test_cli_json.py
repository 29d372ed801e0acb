"""What tools rely on: the JSON of each command, and what each decision does on disk."""

import json
import re
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reports.home import open_home
from reports.lifecycle import Event
from reports.spool.directory import Spool
from reports.spool.records import Withheld
from tests.doubles.command_line import crashwatch, crashwatch_json, watched
from tests.doubles.sample_payload import sample_payload
from tests.doubles.stored_bytes import content_of

pytestmark = pytest.mark.process

LIST_KEYS = {"id", "state", "category", "created", "program", "reason", "bytes"}
CATEGORIES = ["crash", "usage", "performance", "features", "plugins"]
NO_DSN = "No endpoint is set"


@pytest.fixture
def report_id(programs: Path) -> str:
    """The id of the one report there is."""
    assert watched(sys.executable, programs / "uncaught_thread.py").status == 0
    (row,) = crashwatch_json("reports", "list")
    return str(row["id"])


def state_of(report_id: str) -> str:
    """The folder a report is in."""
    rows = {row["id"]: row for row in crashwatch_json("reports", "list")}
    return str(rows[report_id]["state"]) if report_id in rows else "gone"


def dead_endpoint() -> str:
    """A DSN of a port of this machine where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://key@127.0.0.1:{taken.getsockname()[1]}/1"


def test_the_list_and_the_report_have_the_agreed_keys(
    report_id: str, programs: Path
) -> None:
    (row,) = crashwatch_json("reports", "list")
    assert row.keys() >= LIST_KEYS
    assert row["reason"] == {"kind": "uncaught_thread", "signal": None}
    assert row["bytes"] > 0
    assert crashwatch_json("reports", "list", "--state", "queued") == []

    shown = crashwatch_json("reports", "show", report_id[:8])
    assert shown.keys() >= LIST_KEYS | {"threads", "items"}
    assert {key: shown[key] for key in row} == row


@pytest.mark.ptrace
def test_each_thread_and_frame_has_the_agreed_keys(programs: Path) -> None:
    assert watched(sys.executable, programs / "null_read.py").status == -11
    (row,) = crashwatch_json("reports", "list")
    assert row["reason"] == {"kind": "signal", "signal": "SIGSEGV"}
    shown = crashwatch_json("reports", "show", row["id"])
    assert shown["reason"] == {**row["reason"], "signal_code": "SEGV_MAPERR"}
    (thread,) = shown["threads"]
    assert thread["name"] == "MainThread"
    assert thread["crashed"] is True
    assert all({"function", "file", "line"} <= f.keys() for f in thread["frames"])
    assert thread["frames"][-1]["file"] == "<app>/null_read.py"


def test_approved_without_an_endpoint_it_waits_and_says_so(report_id: str) -> None:
    answer = crashwatch("reports", "approve", report_id[:8])
    assert answer.status == 0
    assert NO_DSN in answer.out
    assert state_of(report_id) == "queued"

    answer = crashwatch("upload")
    assert (answer.status, answer.err) == (0, "")
    assert NO_DSN in answer.out
    assert crashwatch_json("upload")["sent"] == []
    assert state_of(report_id) == "queued"


def test_approve_tells_the_digests_that_were_agreed_to(report_id: str) -> None:
    items = crashwatch_json("reports", "show", report_id)["items"]
    approval = crashwatch_json("reports", "approve", report_id)
    told = json.dumps(approval)
    assert all(item["sha256"] in told for item in items)


def test_a_comment_goes_as_it_was_given_or_not_at_all(report_id: str) -> None:
    words = ("reports", "approve", report_id, "--comment")
    refused = crashwatch(*words, "see /home/zoe/diary.txt, zoe@hole.example")
    assert refused.status == 1
    assert refused.error_lines == [
        "crashwatch: the comment would be sent as: see <home>/<path>, <email>",
        "  Nothing was agreed to. Give it in these words, or in others.",
    ]
    assert state_of(report_id) == "pending"
    before = crashwatch_json("reports", "show", report_id)["items"]
    agreed = crashwatch_json(*words, "see <home>/<path>, <email>")
    shown = crashwatch_json("reports", "show", report_id)
    assert state_of(report_id) == "queued"
    assert shown["comment"] == "see <home>/<path>, <email>"
    assert [i["sha256"] for i in agreed["items"]] == [
        i["sha256"] for i in shown["items"]
    ]
    assert shown["items"] != before
    assert (
        "  comment   see <home>/<path>" in crashwatch("reports", "show", report_id).out
    )


def test_what_is_shown_as_payload_is_the_envelope_on_disk(
    report_id: str, crashwatch_home: Path
) -> None:
    answer = crashwatch("reports", "show", report_id, "--payload")
    folder = crashwatch_home / "reports/pending" / report_id
    assert answer.out.encode() == content_of(folder, "envelope")


def test_an_endpoint_that_does_not_answer_keeps_the_report(report_id: str) -> None:
    dsn = dead_endpoint()
    crashwatch("reports", "approve", report_id)
    answer = crashwatch("upload", CRASHWATCH_DSN=dsn)
    assert answer.status == 1
    assert answer.err == ""
    (kept,) = [line for line in answer.out.splitlines() if "kept" in line]
    assert report_id[:8] in kept
    assert state_of(report_id) == "queued"

    told = crashwatch_json("upload", "--now", status=1, CRASHWATCH_DSN=dsn)
    assert [held["id"] for held in told["kept"]] == [report_id]
    assert told["wire_bytes"] == 0


def test_nothing_is_uploaded_that_was_not_agreed_to(report_id: str) -> None:
    answer = crashwatch("upload", CRASHWATCH_DSN=dead_endpoint())
    assert answer.status == 0, answer
    assert state_of(report_id) == "pending"


def test_discarded_it_is_gone(report_id: str, crashwatch_home: Path) -> None:
    answer = crashwatch("reports", "discard", report_id[:8])
    assert answer.status == 0
    assert report_id[:8] in answer.out
    assert state_of(report_id) == "gone"
    assert not list(crashwatch_home.rglob("envelope*"))


def test_what_was_discarded_is_told_in_json(report_id: str) -> None:
    told = crashwatch_json("reports", "discard", report_id[:8])
    assert told == {"discarded": [report_id]}


def test_a_queued_report_can_still_be_discarded(report_id: str) -> None:
    crashwatch("reports", "approve", report_id)
    assert crashwatch("reports", "discard", report_id).status == 0
    assert state_of(report_id) == "gone"


def in_force() -> dict[str, tuple[str, bool]]:
    """Each category: what was chosen, and whether it is sent."""
    rows = crashwatch_json("consent", "show")
    return {row["category"]: (row["state"], row["allowed"]) for row in rows}


def test_consent_shown_granted_and_revoked() -> None:
    assert list(in_force()) == CATEGORIES
    assert in_force()["crash"] == ("ask", False)
    assert in_force()["usage"] == ("unset", False)

    granted = crashwatch_json("consent", "grant", "usage", "crash")
    assert {row["category"] for row in granted} == {"usage", "crash"}
    assert in_force()["crash"] == ("always", True)
    assert in_force()["usage"] == ("granted", True)
    assert in_force()["plugins"] == ("unset", False)

    assert crashwatch("consent", "revoke", "usage").status == 0
    assert in_force()["usage"] == ("refused", False)
    crashwatch_json("consent", "revoke")
    assert not any(allowed for _, allowed in in_force().values())
    assert in_force()["crash"] == ("never", False)


def test_granted_against_a_stronger_no_is_refused_with_three() -> None:
    answer = crashwatch("consent", "grant", "usage", DO_NOT_TRACK="1")
    assert answer.status == 3
    assert "DO_NOT_TRACK" in answer.err


def test_status_says_what_is_on_and_what_waits(
    report_id: str, crashwatch_home: Path
) -> None:
    told = crashwatch_json("status")
    assert told.keys() >= {"version", "home", "endpoint", "consent", "reports"}
    assert told["endpoint"] is None
    assert told["reports"]["pending"]["reports"] == 1
    folder = crashwatch_home / "reports/pending" / report_id
    there = sum(path.stat().st_size for path in folder.iterdir())
    assert told["reports"]["pending"]["stored_bytes"] == there
    assert told["reports"]["pending"]["bytes"] == len(content_of(folder, "envelope"))
    asked = {row["category"]: row["asked"] for row in told["consent"]}
    assert asked == {name: name == "crash" for name in CATEGORIES}

    text = crashwatch("status").out
    assert re.search(
        r"^  pending      1 report, .* on the disk, .* expanded$", text, re.MULTILINE
    )
    assert "  crash        ask " in text
    assert "  usage        off " in text
    assert "none; everything stays here" in text


def test_status_tells_what_became_of_all_that_was_captured(
    crashwatch_home: Path,
) -> None:
    spool = Spool(open_home(crashwatch_home))
    payloads = [sample_payload() for _ in range(4)]
    for payload in payloads:
        spool.add(payload)
    spool.discard(payloads[0].id)
    spool.discard(payloads[1].id, event=Event.DROP, why="the disk is full")
    moment = datetime(2026, 3, 5, tzinfo=UTC)
    spool.withhold(
        Withheld(id="c" * 32, category="crash", created=moment, rules=("user:report",))
    )
    account = crashwatch_json("status")["account"]
    reasons = account.pop("reasons")
    total = account.pop("captured")
    assert total == 5 == sum(account.values())
    assert account["waiting"] == 2
    assert {(row["fate"], row["why"], row["reports"]) for row in reasons} == {
        ("refused", "discarded", 1),
        ("dropped", "the disk is full", 1),
        ("withheld", "user:report", 1),
    }
    text = crashwatch("status").out
    assert "  captured     5 = 2 waiting + 1 withheld + 1 refused + 1 dropped\n" in text
    assert "  dropped      1: the disk is full\n" in text


def test_status_names_the_host_and_never_the_key() -> None:
    dsn = "https://5ec7e7key@crashes.example.org/7"
    answer = crashwatch("status", CRASHWATCH_DSN=dsn)
    assert "crashes.example.org" in answer.out
    assert "5ec7e7key" not in answer.out


def test_the_disclosure_is_the_same_text_in_both_forms() -> None:
    told = crashwatch_json("disclosure")
    assert told["policy_version"] >= 1
    assert crashwatch("disclosure").out.strip() == told["text"].strip()


@pytest.mark.parametrize(
    "words", ["status", "disclosure", "consent show", "reports list", "upload"]
)
def test_looking_creates_nothing(words: str, crashwatch_home: Path) -> None:
    crashwatch_json(*words.split())
    assert not crashwatch_home.exists()
