"""The doubles that start real things keep their promises, and leave nothing."""

import getpass
import os
import pwd
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from reports.envelope import build_envelope, event_bytes
from reports.payload import Item
from tests.doubles import left_behind, process_table
from tests.doubles.fresh_account import fresh_account
from tests.doubles.relay_opinion import opinion, opinion_of_envelope
from tests.doubles.target_program import NoSuchEventError, run_to_end, running
from tests.doubles.xvfb_display import xvfb_display

pytestmark = pytest.mark.process

WHO = "import getpass, os, socket; print(getpass.getuser(), os.path.expanduser('~'), "
WHO += "socket.gethostname(), os.getuid())"


def test_an_account_is_somebody_else_on_another_host() -> None:
    with fresh_account() as account:
        told = account.run([sys.executable, "-c", WHO]).stdout.decode().split()

    assert told[:3] == [account.login, str(account.home), account.host_name]
    assert account.uid is None or told[3] == str(account.uid)
    assert account.login != getpass.getuser()
    assert account.host_name != socket.gethostname()


def test_an_account_is_gone_afterwards() -> None:
    with fresh_account() as account:
        assert account.home.is_dir()

    assert not account.home.exists()
    assert account.login not in {entry.pw_name for entry in pwd.getpwall()}


def test_an_account_goes_after_its_last_process() -> None:
    with fresh_account() as account:
        account.run(["sh", "-c", "sleep 1 </dev/null >/dev/null 2>&1 &"])

    assert account.login not in {entry.pw_name for entry in pwd.getpwall()}


def test_an_accounts_program_can_be_a_target() -> None:
    with fresh_account() as account:
        words = ["sh", "-c", "uname -n; kill -SEGV $$"]
        ending = run_to_end(account.command(words), environment=account.environment())

    assert ending.output.decode().strip() == account.host_name
    assert ending.fate == "SIGSEGV"


@pytest.mark.display
def test_two_displays_are_two_and_end_with_their_blocks() -> None:
    with xvfb_display() as first, xvfb_display() as second:
        assert first.name != second.name
        place = Path("/tmp/.X11-unix", f"X{first.name[1:]}")
        assert place.is_socket()
        was = place.stat().st_ctime_ns

    # Somebody else may have taken the number since.
    assert not place.exists() or place.stat().st_ctime_ns != was


def test_a_target_is_killed_with_all_it_started() -> None:
    script = "sleep 600 & setsid sleep 600 & echo up; wait"
    with running(["sh", "-c", script]) as program:
        program.wait_for_text("up")
        started = process_table.descendants(program.pid)
        assert len(started) == 2

    assert process_table.wait_until_gone(started, deadline=5.0) == set()


def test_a_text_that_cannot_come_any_more_is_not_waited_for() -> None:
    with (
        running(["echo", "something else"]) as program,
        pytest.raises(NoSuchEventError, match="something else"),
    ):
        program.wait_for_text("ready", deadline=600)


def test_a_process_left_behind_is_found() -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as child:
        assert left_behind.children() == {child.pid}
        child.kill()

    assert left_behind.children() == set()


def test_an_orphan_is_found_by_its_environment(crashwatch_home: Path) -> None:
    with running(["cat"], environment=os.environ, on_terminal=True) as program:
        program.send_keys("up\r")
        program.wait_for_text("up")

        assert process_table.holders_of(str(crashwatch_home)) == {program.pid}


@pytest.mark.untidy_home
def test_what_others_may_read_is_named(crashwatch_home: Path) -> None:
    crashwatch_home.mkdir(mode=0o755)
    secret = crashwatch_home / "identity"
    secret.touch(mode=0o600)
    assert list(left_behind.open_to_others(crashwatch_home)) == [
        ". has mode 755, not 700"
    ]

    crashwatch_home.chmod(0o700)
    secret.chmod(0o640)
    (crashwatch_home / "link").symlink_to(secret)
    assert sorted(left_behind.open_to_others(crashwatch_home)) == [
        "identity has mode 640, not 600",
        "link is a symbolic link",
    ]


def test_relay_is_not_asked_about_a_reports_own_number() -> None:
    """This one was seen: its first sixteen digits are those of a card."""
    dashed = "44718519-1881-4067-a585-1192d4fe867d"
    report_id = dashed.replace("-", "")
    dump = Item("attachment", "minidump.dmp", b"MDMP\0" + dashed.encode() + b"\0")
    event = {"event_id": report_id, "message": dashed}
    envelope = build_envelope(report_id, [Item("event", "", event_bytes(event)), dump])
    assert opinion([dashed]) == [f"@creditcard: {dashed}"]
    assert opinion_of_envelope(envelope) == []
    event["message"] = "card 4111111111111111"
    envelope = build_envelope(report_id, [Item("event", "", event_bytes(event))])
    assert opinion_of_envelope(envelope) == ["@creditcard: card 4111111111111111"]
