"""Reports of a newer version, half-written, foreign or unreadable: one line says so."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, NamedTuple

import pytest

from reports.home import open_home
from reports.lifecycle import State
from reports.spool.directory import Spool
from tests.doubles import odd_entries as odd
from tests.doubles.command_line import answer_here, environment
from tests.doubles.local_receiver import Receiver
from tests.doubles.page_visitor import let_in, served
from tests.doubles.requirement import require
from tests.doubles.sample_payload import sample_payload

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reports.home import Home
    from tests.doubles.page_visitor import Served

pytestmark = pytest.mark.process

NEWER = ("was stored by a newer crashwatch", "Install that version again")
DAMAGED = ("is damaged", "discard")
NOT_DAMAGED = (odd.other_fields,)
"""Of the form that a list and the sender look at; what shows its content sees it."""

PAGES = ("/", "/reports", "/counters", "/sent", "/data", "/disclosure")
OF_A_REPORT = ("", "/fields", "/payload", "/minidump", "/envelope")


class Odd(NamedTuple):
    """An entry, and how it was made."""

    id: str
    state: State
    made: Callable[[Path], None]

    @property
    def is_newer(self) -> bool:
        """Whether a newer version's words are in it."""
        return self.made.__name__.startswith("newer")


@pytest.fixture
def home(crashwatch_home):
    """A home; what every test looks for afterwards does not expect a fifo in it."""
    yield open_home(crashwatch_home)
    shutil.rmtree(crashwatch_home, ignore_errors=True)


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


def all_odd(home: Home) -> list[Odd]:
    return [
        Odd(odd.odd_entry(home, state, made), state, made)
        for state, ways in odd.BY_STATE.items()
        for made in ways
    ]


def test_no_page_fails(home):
    entries = all_odd(home)
    with served() as page:
        cookie = let_in(page)
        assert {page.ask(path, Cookie=cookie)[0] for path in PAGES} == {200}
        for entry in entries:
            for path in OF_A_REPORT:
                status, _, body = page.ask(f"/reports/{entry.id}{path}", Cookie=cookie)
                fine = 200 if entry.made in NOT_DAMAGED else 409
                assert status == fine, (entry, path)
                if status == 409:
                    words = NEWER if entry.is_newer else DAMAGED
                    assert all(word.encode() in body for word in words), (entry, body)


class Hand:
    """Somebody who presses the page's buttons, without a browser."""

    def __init__(self, page: Served) -> None:
        self.page, self.cookie = page, let_in(page)
        form = page.ask("/data", Cookie=self.cookie)[2]
        token = form.partition(b'name="token" value="')[2].partition(b'"')[0]
        self.token = f"token={token.decode()}"

    def press(self, path: str, more: str = "") -> tuple[int, bytes]:
        kind = "application/x-www-form-urlencoded"
        good = {"Cookie": self.cookie, "Origin": self.page.origin, "Content_Type": kind}
        form = self.token + more
        status, _, body = self.page.ask(path, method="POST", body=form, **good)
        return status, body


def test_a_person_can_discard_it_on_the_page_and_cannot_agree_to_it(home):
    entries = [one for one in all_odd(home) if one.made not in NOT_DAMAGED]
    with served() as page:
        hand = Hand(page)
        for entry in entries:
            here = f"/reports/{entry.id}"
            assert hand.press(f"{here}/approve", f"&item={'0' * 64}")[0] == 409, entry
            assert hand.press(f"{here}/comment")[0] == 409, entry
            _, _, body = page.ask(here, Cookie=hand.cookie)
            assert f'action="{here}/discard"'.encode() in body
            status, said = hand.press(f"{here}/discard")
            assert status == 303, (entry, said)
    left = {found.id for found in Spool(home).walk()}
    assert not left & {entry.id for entry in entries}


def test_on_the_page_all_is_exported_and_erased(home):
    entries = all_odd(home)
    with served() as page:
        hand = Hand(page)
        status, archive = hand.press("/export")
        assert status == 200, archive
        packed = zipfile.ZipFile(io.BytesIO(archive))
        told = "\n".join(packed.namelist()) + packed.read("left_out.json").decode()
        for entry in entries:
            nothing = entry.made in (odd.empty, odd.nothing_kept)
            assert nothing or f"/{entry.id}" in told, entry
        assert hand.press("/erase", "&sure=yes")[0] == 303
        assert page.ask("/", Cookie=hand.cookie)[0] == 200
    assert list(Spool(home).walk()) == []


def one_line_of(answer, words) -> None:
    """One line and the next step, and an exit status that says no."""
    assert answer.status == 1, answer
    assert "Traceback" not in answer.err
    assert len(answer.error_lines) == 2, answer
    assert all(word in answer.err for word in words), answer


def test_each_command_that_names_it_says_one_line(home, capfd, tmp_path):
    for entry in all_odd(home):
        if entry.made in NOT_DAMAGED:
            continue
        words = NEWER if entry.is_newer else DAMAGED
        show = ("reports", "show", entry.id)
        page = tmp_path / f"{entry.id}.html"
        lines = [show, (*show, "--json"), (*show, "--payload"), (*show, "--html", page)]
        if entry.state is State.PENDING:
            approve = ("reports", "approve", entry.id)
            lines += [approve, (*approve, "--comment", "I scrolled")]
        if entry.state is not State.WITHHELD:
            lines.append(("reports", "show", "--diff", entry.id, entry.id))
        for line in lines:
            one_line_of(answer_here(capfd, *line), words)
        assert not page.exists()
        answer = answer_here(capfd, "audit", entry.id)
        assert answer.status == 1, (entry, answer)
        assert all(word in answer.out for word in words), answer
        answer = answer_here(capfd, "reports", "discard", entry.id)
        assert answer.status == 0, (entry, answer)


def test_one_with_fields_that_no_version_wrote(home, capfd):
    name = odd.odd_entry(home, State.PENDING, odd.other_fields)
    show = ("reports", "show", name)
    words = ("has not the form of a report", "--json")
    one_line_of(answer_here(capfd, *show), words)
    assert json.loads(answer_here(capfd, *show, "--json").out)["threads"] == 7


def queued(home: Home) -> set[str]:
    return {found.id for found in Spool(home).walk(State.QUEUED)}


def test_commands_about_all_of_them(home, capfd, tmp_path, receiver):
    entries = all_odd(home)
    good = sample_payload()
    Spool(home).add(good)
    everything = tmp_path / "everything.zip"
    for line, status in (
        (("status",), 0),
        (("reports", "list"), 0),
        (("reports", "stats"), 0),
        (("audit",), 1),
        (("export", "--output", everything), 0),
        (("upkeep",), 0),
    ):
        answer = answer_here(capfd, *line)
        assert answer.status == status, answer
        assert answer.err == "", answer
        if line == ("audit",):
            assert all(f"Report {entry.id}" in answer.out for entry in entries)
        elif line != ("upkeep",) and line[0] != "export":
            assert "newer_version" in answer.out or line[0] == "status", answer
    # Nothing of the rest goes, and a newer one stays. Where only our own copy has odd
    # fields, what was agreed to is whole: it goes.
    assert answer_here(capfd, "reports", "approve", good.id).status == 0
    whole = {e.id for e in entries if e.made is odd.other_fields} & queued(home)
    home.config.write_text(f'dsn = "{receiver.dsn}"\n')
    home.config.chmod(0o600)
    answer = answer_here(capfd, "upload", "--now", "--json")
    assert answer.err == ""
    told = json.loads(answer.out)
    assert set(told["sent"]) == {good.id, *whole}
    kept = {held["id"] for held in told["kept"]}
    waiting = {e.id for e in entries if e.state is State.QUEUED and e.is_newer}
    assert kept == waiting
    assert queued(home) == waiting
    answer = answer_here(capfd, "erase", "--yes")
    assert (answer.status, answer.err) == (0, ""), answer
    assert "looked again: nothing is left" in answer.out
    assert list(Spool(home).walk()) == []


def without_right_to_all(*words: str) -> subprocess.CompletedProcess[str]:
    """A command by somebody for whom modes hold, as they do not for root."""
    command = [sys.executable, "-m", "crashwatch", *words]
    if os.geteuid() == 0:
        setpriv = shutil.which("setpriv")
        require(setpriv, "setpriv is missing", "apt-get install util-linux")
        rights = "-dac_override,-dac_read_search,-fowner"
        command = [
            setpriv,
            f"--inh-caps={rights}",
            f"--bounding-set={rights}",
            *command,
        ]
    return subprocess.run(
        command,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("made", odd.UNREADABLE, ids=lambda made: made.__name__)
def test_one_that_may_not_be_read(home, made):
    name = odd.odd_entry(home, State.PENDING, made)
    shown = without_right_to_all("reports", "show", name)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert shown.stderr.splitlines() == [
        f"crashwatch: report {name} is damaged: Permission denied",
        f"  It is never sent. `crashwatch reports discard {name[:8]}` deletes it.",
    ]
    for words in (("reports", "list"), ("status",)):
        done = without_right_to_all(*words)
        assert (done.returncode, done.stderr) == (0, "")


def test_what_may_not_be_read_is_erased_too(home):
    for made in odd.UNREADABLE:
        odd.odd_entry(home, State.PENDING, made)
    done = without_right_to_all("erase", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert "looked again: nothing is left" in done.stdout
    assert not home.root.exists()


def test_settings_that_may_not_be_read_are_told_after_an_erasure(home):
    odd.odd_entry(home, State.PENDING, odd.half_report)
    home.config.write_text("")
    home.config.chmod(0)
    done = without_right_to_all("erase", "--yes")
    assert done.returncode == 1
    assert "config.toml: it is kept, and cannot be searched" in done.stdout
    assert "Traceback" not in done.stderr
    assert [path.name for path in home.root.rglob("*")] == ["config.toml"]


@pytest.mark.parametrize("mode", [0, 0o444])
def test_a_folder_that_nobody_lets_us_into_is_told_as_left(home, tmp_path, mode):
    require(os.geteuid() == 0, "a folder cannot be given away", "run as root")
    name = odd.odd_entry(home, State.PENDING, odd.half_envelope)
    folder = home.in_state(State.PENDING) / name
    folder.chmod(mode)
    os.chown(folder, 12345, 12345)
    out = tmp_path / "out.zip"
    done = without_right_to_all("export", "--output", str(out), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    left = json.loads(done.stdout)["left_out"]
    assert any(n.startswith(f"reports/pending/{name}") for n in left), left
    done = without_right_to_all("erase", "--yes")
    assert done.returncode == 1
    assert "nothing is left" not in done.stdout
    assert f"reports/pending/{name}" in done.stdout
    assert "could not be erased" in done.stderr
    os.chown(folder, 0, 0)
