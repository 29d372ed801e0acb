"""The two files on a real disk."""

from __future__ import annotations

import fcntl
import os
import resource
import stat
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from reports.consent import own_file
from reports.consent.record import (
    Category,
    Given,
    Occasion,
    State,
    Terms,
)
from reports.consent.record_file import (
    choose,
    grant,
    load_consent,
    note_operator_consent,
    revoke,
)
from reports.consent.record_text import parse_log, parse_record
from reports.errors import ConsentError, StorageError

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TERMS = Terms(policy_version=1, disclosure_sha256="a" * 64)
EVERYTHING = tuple(Category)


class Files:
    """A folder with the two files in it."""

    def __init__(self, folder):
        self.folder = folder
        self.record = folder / "consent.json"
        self.log = folder / "consent.log"

    def load(self, now=NOW, terms=TERMS):
        return load_consent(self.record, self.log, terms=terms, now=now)

    def grant(self, *categories, now=NOW, how=Given.CLI):
        return grant(self.record, self.log, categories, occasion(now, how))

    def revoke(self, *categories, now=NOW, how=Given.CLI):
        return revoke(self.record, self.log, categories, occasion(now, how))

    def choose(self, wishes, now=NOW):
        return choose(self.record, self.log, wishes, occasion(now))

    def names(self):
        return sorted(path.name for path in self.folder.iterdir())

    def logged(self):
        return [(c.category, c.state) for c in parse_log(self.log.read_bytes())]


def occasion(now=NOW, how=Given.CLI):
    return Occasion(how=how, now=now, terms=TERMS, application_version="0.1.0")


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


def state_of(state, category):
    choice = state.choice(category)
    return choice.state if choice else None


def test_loading_creates_nothing(files):
    state = files.load()
    assert state.choices == ()
    assert not state.problem
    assert not state.unknown
    assert files.names() == []


def test_a_missing_folder_is_a_person_never_asked(tmp_path):
    state = Files(tmp_path / "none").load()
    assert (state.choices, state.problem) == ((), "")


def test_grants_and_refusals_come_back(files):
    made = files.grant(Category.CRASH, Category.USAGE)
    assert files.load() == made
    assert state_of(made, Category.CRASH) is State.ALWAYS
    assert state_of(made, Category.USAGE) is State.GRANTED
    assert state_of(made, Category.PLUGINS) is None

    made = files.revoke(Category.USAGE)
    assert files.load() == made
    assert state_of(made, Category.CRASH) is State.ALWAYS
    assert state_of(made, Category.USAGE) is State.REFUSED

    files.revoke(*EVERYTHING)
    states = {choice.state for choice in files.load().choices}
    assert states == {State.NEVER, State.REFUSED}
    files.choose({Category.CRASH: State.ASK, Category.USAGE: State.UNSET})
    assert state_of(files.load(), Category.CRASH) is State.ASK
    assert files.logged()[:3] == [
        (Category.CRASH, State.ALWAYS),
        (Category.USAGE, State.GRANTED),
        (Category.USAGE, State.REFUSED),
    ]
    assert files.names() == ["consent.json", "consent.log"]


def test_only_the_owner_may_read_them_whatever_the_umask(files):
    before = os.umask(0)
    try:
        files.grant(Category.CRASH)
    finally:
        os.umask(before)
    for path in (files.record, files.log):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    files.log.chmod(0o644)
    files.revoke(Category.CRASH)
    assert stat.S_IMODE(files.log.stat().st_mode) == 0o600


def test_an_older_policy_or_other_words_ask_again(files):
    files.grant(Category.CRASH, Category.USAGE)
    files.revoke(Category.PLUGINS)
    state = files.load(terms=Terms(policy_version=2, disclosure_sha256="a" * 64))
    assert state_of(state, Category.CRASH) is None
    assert state.lapse(Category.CRASH) == "the privacy policy has changed since"
    assert state_of(state, Category.PLUGINS) is State.REFUSED
    state = files.load(terms=Terms(policy_version=1, disclosure_sha256="b" * 64))
    assert state.lapse(Category.USAGE) == "the disclosure has changed since"


def test_a_grant_from_the_future_is_off(files):
    files.grant(Category.USAGE)
    state = files.load(now=NOW - timedelta(days=1))
    assert state.lapse(Category.USAGE) == "it is dated in the future"


def test_the_later_choice_wins_when_the_clock_goes_back(files):
    files.grant(Category.USAGE)
    first = files.load().sequence
    state = files.revoke(Category.USAGE, now=NOW - timedelta(days=9))
    assert state.sequence == first + 1
    assert state_of(files.load(), Category.USAGE) is State.REFUSED


def link(files):
    target = files.folder / "elsewhere.json"
    files.record.rename(target)
    files.record.symlink_to(target)


def giant(files):
    with files.record.open("wb") as file:
        file.truncate(100_000_000)


def folder(files):
    files.record.unlink()
    files.record.mkdir()


def fifo(files):
    files.record.unlink()
    os.mkfifo(files.record)


SPOILED = {
    "truncated": (
        lambda f: f.record.write_bytes(f.record.read_bytes()[:-9]),
        "damaged",
    ),
    "empty": (lambda f: f.record.write_bytes(b""), "it is empty"),
    "binary": (lambda f: f.record.write_bytes(os.urandom(512)), "damaged"),
    "edited": (
        lambda f: f.record.write_text(f.record.read_text().replace("cli", "me")),
        "damaged or was edited",
    ),
    "newer": (
        lambda f: f.record.write_text(
            f.record.read_text().replace('"schema": 1', '"schema": 2')
        ),
        "newer version of crashwatch",
    ),
    "giant": (giant, "100000000 bytes"),
    "linked": (link, "it is a symbolic link"),
    "a folder": (folder, "not a regular file"),
    "a fifo": (fifo, "not a regular file"),
    "writable": (lambda f: f.record.chmod(0o660), "other users may write"),
}


@pytest.mark.parametrize("kind", SPOILED)
def test_a_spoiled_record_is_off_and_one_line_says_why(files, kind):
    files.grant(*EVERYTHING)
    spoil, why = SPOILED[kind]
    spoil(files)
    before = files.names()

    state = files.load()
    assert state.choices == ()
    assert why in state.problem
    assert state.problem.isprintable()
    assert state.problem.endswith(
        "choose again with crashwatch consent grant or revoke"
    )
    assert files.names() == before

    # The log still tells what was chosen, so no refusal can be lost.
    assert not state.unknown
    files.log.unlink()
    assert files.load().unknown


@pytest.mark.parametrize("kind", SPOILED)
def test_a_new_choice_mends_it_and_loses_nothing(files, kind):
    files.grant(*EVERYTHING)
    files.revoke(Category.PLUGINS)
    SPOILED[kind][0](files)
    state = files.grant(Category.CRASH)
    assert files.load() == state
    assert not state.problem
    assert state_of(state, Category.CRASH) is State.ALWAYS
    assert state_of(state, Category.USAGE) is None
    assert state_of(state, Category.PLUGINS) is State.REFUSED
    assert "consent.json.unreadable" in files.names()
    assert len(files.logged()) == 7

    SPOILED[kind][0](files)
    files.choose({})
    assert "consent.json.unreadable-2" in files.names()
    assert not files.load().problem


def test_a_refusal_outlives_the_record(files):
    files.grant(*EVERYTHING)
    files.revoke(Category.USAGE)
    files.record.unlink()
    state = files.load()
    assert [c.category for c in state.choices] == [Category.USAGE]
    assert state_of(state, Category.USAGE) is State.REFUSED
    assert not state.problem


@pytest.mark.parametrize("name", ["linked", "a folder", "writable"])
def test_a_log_that_cannot_be_believed_is_off_and_takes_no_grant(files, name):
    files.grant(Category.USAGE)
    files.record, files.log = files.log, files.record
    SPOILED[name][0](files)
    files.record, files.log = files.log, files.record
    state = files.load()
    assert state.unknown
    assert "consent.log cannot be used" in state.problem
    with pytest.raises(StorageError, match="could not be recorded"):
        files.grant(Category.CRASH)
    assert files.load().unknown


def test_a_long_log_is_read_from_its_end(files):
    files.revoke(Category.PLUGINS)
    old = files.log.read_bytes()
    files.log.write_bytes(old * 8000)
    files.revoke(Category.USAGE)
    files.record.unlink()
    state = files.load()
    assert {c.category for c in state.choices} == {Category.PLUGINS, Category.USAGE}


@contextmanager
def no_space(room=0):
    """No file may grow above ``room`` bytes: a full disk, for this process alone."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_grant_that_cannot_be_written_is_no_grant(files):
    files.revoke(Category.CRASH)
    before = files.record.read_bytes(), files.log.read_bytes()
    with no_space(), pytest.raises(StorageError, match="Nothing was allowed"):
        files.grant(Category.CRASH)
    assert (files.record.read_bytes(), files.log.read_bytes()) == before
    assert state_of(files.load(), Category.CRASH) is State.NEVER


def test_a_log_line_that_was_half_written_is_taken_back(files):
    for _ in range(20):
        files.revoke(Category.CRASH)
    before = files.record.read_bytes(), files.log.read_bytes()
    room = len(before[1]) + 10
    with no_space(room), pytest.raises(StorageError, match="Nothing was allowed"):
        files.grant(Category.CRASH)
    assert (files.record.read_bytes(), files.log.read_bytes()) == before


def test_a_refusal_that_cannot_be_written_still_turns_off(files):
    files.grant(*EVERYTHING)
    files.revoke(Category.PLUGINS)
    with no_space(), pytest.raises(StorageError, match="record was removed instead"):
        files.revoke(Category.CRASH)
    state = files.load()
    assert not any(choice.grants for choice in state.choices)
    assert state_of(state, Category.PLUGINS) is State.REFUSED


def test_a_missing_folder_takes_no_grant(tmp_path):
    with pytest.raises(StorageError) as caught:
        Files(tmp_path / "none").grant(Category.CRASH)
    assert caught.value.hint


@pytest.mark.parametrize("how", [Given.ADMINISTRATOR, Given.HEADLESS_OPERATOR])
def test_only_the_person_turns_on(files, how):
    with pytest.raises(ConsentError):
        files.grant(Category.USAGE, how=how)
    assert files.names() == []
    files.revoke(Category.USAGE, how=how)
    assert state_of(files.load(), Category.USAGE) is State.REFUSED


def test_a_state_the_category_does_not_have_is_refused(files):
    with pytest.raises(ValueError, match="usage cannot be always"):
        files.choose({Category.USAGE: State.ALWAYS})
    assert files.names() == []


def test_reading_a_record_loads_nothing_large(files):
    files.grant(Category.CRASH)
    program = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path;"
        "from reports.consent.decision import Recorded, decide;"
        "from reports.consent.record import Category;"
        "from reports.consent.record_file import load_consent;"
        "from reports.consent.switches import read_switches;"
        "folder, now = Path(sys.argv[1]), datetime.now(UTC);"
        "consent = load_consent(folder / 'consent.json', folder / 'consent.log',"
        " terms=None, now=now);"
        "answer = decide(Category.CRASH, consent, read_switches({}),"
        " recorded=Recorded(now));"
        "assert answer.collect and not answer.allowed;"
        "print({'msgspec', 'dataclasses', 'inspect', 'uuid', 'tomllib', 'hashlib'}"
        " & set(sys.modules))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, str(files.folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    assert answer.stdout == "set()\n"


def test_an_operators_consent_is_evidence_and_no_grant(files):
    files.revoke(Category.USAGE)
    how = Given.HEADLESS_OPERATOR
    note_operator_consent(files.log, [Category.USAGE], occasion(how=how))
    assert files.logged()[-1] == (Category.USAGE, State.GRANTED)
    assert state_of(files.load(), Category.USAGE) is State.REFUSED
    files.record.unlink()
    assert state_of(files.load(), Category.USAGE) is State.REFUSED


def test_a_torn_last_line_does_not_swallow_the_next(files):
    files.grant(Category.USAGE)
    files.log.write_bytes(files.log.read_bytes()[:-30])
    files.revoke(Category.USAGE)
    assert files.logged() == [(Category.USAGE, State.REFUSED)]


def test_a_lock_that_is_never_given_back_does_not_hang(files, monkeypatch):
    files.grant(Category.USAGE)
    monkeypatch.setattr(own_file, "LOCK_SECONDS", 0.05)
    with files.log.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(StorageError, match="another process keeps it locked"):
            files.grant(Category.CRASH)
        # Reading waits for nobody.
        assert state_of(files.load(), Category.USAGE) is State.GRANTED


CHANGER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from reports.consent.record import Category, Given, Occasion, Terms
from reports.consent.record_file import grant, revoke

folder, verb = Path(sys.argv[1]), {"grant": grant, "revoke": revoke}[sys.argv[2]]
terms = Terms(policy_version=1, disclosure_sha256="a" * 64)
sys.stdin.readline()
for _ in range(40):
    verb(folder / "consent.json", folder / "consent.log", [Category.USAGE],
         Occasion(how=Given.CLI, now=datetime.now(UTC), terms=terms,
                  application_version="0.1.0"))
"""


@pytest.mark.process
def test_two_processes_at_once_the_last_wins_and_the_log_has_both(files):
    def start(verb):
        return subprocess.Popen(
            [sys.executable, "-c", CHANGER, str(files.folder), verb],
            stdin=subprocess.PIPE,
        )

    with start("grant") as one, start("revoke") as other:
        for child in (one, other):
            child.stdin.write(b"go\n")
            child.stdin.close()
    assert (one.returncode, other.returncode) == (0, 0)
    choices = parse_log(files.log.read_bytes())
    assert len(choices) == 80
    sequences = [choice.sequence for choice in choices]
    assert sequences == sorted(set(sequences))
    (kept,) = parse_record(files.record.read_bytes()).choices
    assert kept == choices[-1]
    assert files.names() == ["consent.json", "consent.log"]


# Kills itself at the n-th of the calls that touch the disk.
KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from reports.consent.record import Category, Given, Occasion, Terms
from reports.consent.record_file import grant, revoke

folder, verb, left = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def counted(call):
    def stand_in(*args, **kwargs):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*args, **kwargs)
    return stand_in

for name in ("open", "write", "fsync", "rename", "unlink", "fchmod"):
    setattr(os, name, counted(getattr(os, name)))
{"grant": grant, "revoke": revoke}[verb](
    folder / "consent.json", folder / "consent.log", [Category.USAGE],
    Occasion(how=Given.CLI, now=datetime.now(UTC),
             terms=Terms(policy_version=1, disclosure_sha256="a" * 64),
             application_version="0.1.0"))
print("done")
"""


@pytest.mark.process
@pytest.mark.parametrize("verb", ["grant", "revoke"])
def test_killed_at_any_call_leaves_the_old_choice_or_the_new(tmp_path, verb):
    ended, steps = False, 0
    while not ended:
        steps += 1
        folder = tmp_path / str(steps)
        folder.mkdir()
        files = Files(folder)
        (files.revoke if verb == "grant" else files.grant)(Category.USAGE)
        old = state_of(files.load(), Category.USAGE)
        child = subprocess.run(
            [sys.executable, "-c", KILLED, str(folder), verb, str(steps)],
            check=False,
            capture_output=True,
            text=True,
        )
        ended = child.stdout == "done\n"
        later = datetime.now(UTC)
        state = files.load(now=later)
        new = State.GRANTED if verb == "grant" else State.REFUSED
        assert state_of(state, Category.USAGE) in {old, new}
        assert not state.problem
        if ended:
            assert state_of(state, Category.USAGE) is new
        # Whatever was left behind, the next choice is made and cleans up.
        files.revoke(Category.USAGE, now=later)
        assert state_of(files.load(now=later), Category.USAGE) is State.REFUSED
        assert files.names() == ["consent.json", "consent.log"]
    assert steps > 10, "the calls were not counted"
