"""Each command of README and the guides is run as it stands, in a home with reports.

What stands for something (``ID``, ``FILE.dmp``, the name of a program) is replaced by
one of its kind. Commands that cannot be run here are listed with what runs them.
"""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.architecture.test_documents import ROOT, commands_in
from tests.doubles.command_line import answer_here, crashwatch
from tests.doubles.synthetic_minidump import small_dump

pytestmark = pytest.mark.process

GUIDES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS = ROOT / "fixtures" / "programs"

ELSEWHERE = {
    "view": "serves a page until it is ended: test_view_page.py",
    "watch DIR": "runs until it is ended: test_foreign_dumps.py",
    "watch ~/.config": "the same",
    "honour-deletions": "asks somebody's server: test_honour_deletions.py",
    "detach": "would let go what a test beside this one traces: test_trace.py",
    "timer on": "asks this person's systemd: test_timer_command.py",
    "timer off": "the same",
    "run ──": "a drawing",
}
"""How such commands begin, and why they are not run here."""

STATUS = {
    "consent grant": 2,  # named in a sentence, without a category
    "erase": 2,  # asks, and nobody is there to answer
    "export": 2,  # the same, without a file
    "run": 2,  # the same, without a program
    "run --no-telemetry": 2,
}
"""What else they end with than 0; a run ends as its program does."""

IN_THEIR_OWN_PROCESS = ("run", "doctor", "demo", "upload", "upkeep")
IDS = {"3f2a": "ID", "875a9a38": "ID", "81c0": "ID2"}
FILES = re.compile(r"\S+\.dmp(?:\.\.\.)?")


def documented():
    """Every command, with one word for all that may stand in a place."""
    for path in GUIDES:
        for command in commands_in(path.read_text("utf-8")):
            ours, dashes, _ = re.split(r" > | \| |: ", command)[0].partition(" -- ")
            words = [IDS.get(word, word) for word in ours.split()]
            ours = FILES.sub("FILE.dmp", " ".join(words))
            ours = ours.replace("--artifacts crash", "--artifacts DIR")
            yield f"{ours} -- PROGRAM" if dashes and "[" not in ours else ours


def runnable():
    found = dict.fromkeys(documented())
    return [each for each in found if not each.startswith(tuple(ELSEWHERE))]


def program_for(ours):
    """A program that does what the command is about: end, or crash."""
    if ours.startswith("demo"):
        return "null_read.py"
    return "uncaught.py" if "--until-crash" in ours else "exit7.py"


@pytest.fixture(scope="module")
def two_reports(tmp_path_factory):
    """A home with a report of a fault and one of an exception; and their ids."""
    home = tmp_path_factory.mktemp("documented") / "home"
    for name in ("null_read.py", "uncaught.py"):
        crashwatch(
            "run", "--", sys.executable, PROGRAMS / name, CRASHWATCH_HOME=str(home)
        )
    listed = crashwatch("reports", "list", "--json", CRASHWATCH_HOME=str(home))
    first, second = (row["id"] for row in json.loads(listed.out))
    return home, {"ID": first[:8], "ID2": second}


@pytest.fixture
def words_of(two_reports, crashwatch_home, tmp_path, monkeypatch):
    """Makes the words to run of a command, in a home of its own."""
    home, ids = two_reports
    shutil.copytree(home, crashwatch_home)
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "FILE.dmp").write_bytes(small_dump().build(time=1_700_000_000))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))

    def words(command):
        if "[" in command or "..." in command:  # a synopsis: what it is of can be asked
            return [*re.split(r" (?=[\[A-Z])", command)[0].split(), "--help"]
        ours, dashes, _ = command.partition(" -- ")
        found = [ids.get(word, word) for word in ours.split()]
        found = [str(Path(word).expanduser()) for word in found]
        if dashes:
            found += ["--", sys.executable, str(PROGRAMS / program_for(ours))]
        return found

    return words


@pytest.mark.ptrace
@pytest.mark.parametrize("command", runnable())
def test_it_does_what_it_is_told_for(command, words_of, capfd):
    words = words_of(command)
    if command == "upload ID":  # said of a report that was agreed to
        assert answer_here(capfd, "reports", "approve", words[1]).status == 0
    alone = words[0] in IN_THEIR_OWN_PROCESS
    answer = crashwatch(*words) if alone else answer_here(capfd, *words)
    expected = STATUS.get(command, 0)
    if words[0] == "run" and "--" in words:
        expected = 1 if "--until-crash" in words else 7
    assert answer.status == expected, f"{answer.out}{answer.err}"
    assert ("Traceback" in answer.err) is ("--until-crash" in words)
    is_silent = words[0] == "run" or "--quiet" in words
    assert answer.out or answer.err or is_silent


def test_what_is_said_of_commands_is_of_commands_in_the_documents():
    found = set(documented())
    assert set(STATUS) <= found
    for beginning in ELSEWHERE:
        assert any(command.startswith(beginning) for command in found), beginning


def test_there_are_as_many_as_one_thinks():
    assert len(runnable()) > 60
