"""The main job, end to end: a terminal crashes, is captured, agreed to, and arrives.

Under an account, a home and a host name made for the test, which must be found nowhere
in what is kept or sent.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.bugsink_server import Bugsink, bugsink
from tests.doubles.counting_proxy import CountingProxy
from tests.doubles.fresh_account import Account, fresh_account
from tests.doubles.stored_bytes import contents
from tests.doubles.target_program import supervised

pytestmark = [
    pytest.mark.process,
    pytest.mark.ptrace,
    pytest.mark.bugsink,
    pytest.mark.timeout(600),
]

FIXTURES = Path(__file__).parents[2] / "fixtures"
LIST_KEYS = {"id", "state", "category", "created", "program", "reason", "bytes"}


class Person:
    """Somebody with crashwatch, whose program crashes."""

    def __init__(self, account: Account, **environment: str) -> None:
        self.account = account
        self.home = account.home / ".local/state/crashwatch"
        self.terminal = account.own(account.home / "projects")
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("CRASHWATCH_")
        } | environment

    def run(self, *words: str, status: int = 0) -> str:
        ended = self.account.run(words, environment=self.environment)
        assert ended.returncode == status, (ended.stdout, ended.stderr)
        return ended.stdout.decode()

    def crashwatch(self, *words: str, status: int = 0) -> str:
        return self.run(sys.executable, "-m", "crashwatch", *words, status=status)

    def json(self, *words: str) -> Any:
        return json.loads(self.crashwatch(*words, "--json"))

    def crash(self, command: Sequence[str], status: int = -11) -> dict[str, Any]:
        """Crash a program; return the one report there is then."""
        words = [str(word) for word in supervised(command)]
        # setpriv and sh execute the next in their place: the status is the program's.
        self.run(*words, status=status)
        (row,) = self.json("reports", "list")
        assert isinstance(row, dict)
        return row

    def everything_kept(self) -> bytes:
        files = [path for path in self.home.rglob("*") if path.is_file()]
        return b"\n".join(
            str(path.relative_to(self.account.home)).encode() + b"\n" + contents(path)
            for path in files
        )


@pytest.fixture
def account() -> Iterator[Account]:
    with fresh_account() as account:
        (account.home / "projects").mkdir()
        yield account


@pytest.fixture
def person(account: Account) -> Person:
    return Person(account)


@pytest.fixture
def terminal(account: Account) -> list[str]:
    """The fixture terminal, installed in the person's own home."""
    place = account.home / "projects" / "term"
    shutil.copytree(FIXTURES / "terminals" / "pachyterm_mini", place)
    program = [sys.executable, str(place), "--crash", "null_read", "--", "sh", "-c"]
    return [*program, f"echo {account.login} at work; sleep 60"]


def named_in(account: Account, data: bytes) -> list[str]:
    """Which of the person's identities stand in data, in the encodings of memory."""
    folded = data.lower()
    return [
        f"{word} as {encoding}"
        for word in account.identities()
        for encoding in ("utf-8", "utf-16-le", "utf-32-le", "latin-1")
        if word.lower().encode(encoding) in folded
    ]


def test_one_crash_one_pending_report(person: Person, terminal: list[str]) -> None:
    row = person.crash(terminal)

    assert row.keys() >= LIST_KEYS
    assert row["state"] == "pending"
    assert row["category"] == "crash"
    assert row["reason"] == {"kind": "signal", "signal": "SIGSEGV"}
    shown = person.json("reports", "show", row["id"][:8])
    crashed, *others = shown["threads"]
    assert crashed["crashed"]
    assert {"name", "crashed", "frames"} <= crashed.keys()
    assert crashed["frames"][0]["function"] == "string_at"
    assert crashed["frames"][0]["file"] == "<stdlib>/ctypes/__init__.py"
    assert crashed["frames"][0]["line"] > 0
    assert any(f["file"] == "<app>/crashes.py" for f in crashed["frames"])
    assert len(others) == 2
    assert not any(thread["crashed"] for thread in others)
    assert set(shown["capture"]["sources"]) >= {"psutil", "py-spy", "faulthandler"}


def test_nobody_is_named_in_what_is_kept(person: Person, terminal: list[str]) -> None:
    row = person.crash(terminal)
    shown = person.crashwatch("reports", "show", row["id"])
    shown += person.crashwatch("reports", "show", row["id"], "--json")
    shown += person.crashwatch("reports", "list", "--json")

    assert named_in(person.account, shown.encode()) == []
    assert named_in(person.account, person.everything_kept()) == []


def test_the_unscrubbed_input_does_name_them(person: Person, account: Account) -> None:
    """The positive control: the same search finds them in what the program shows."""
    script = account.home / "projects" / "show.py"
    script.write_text(
        "import faulthandler, os, socket, sys\n"
        "faulthandler.dump_traceback(file=sys.stdout)\n"
        "print(os.environ['USER'], socket.gethostname(), flush=True)\n"
        "import pwd; print(pwd.getpwuid(os.getuid()).pw_gecos)\n"
    )
    words = supervised([sys.executable, str(script)])
    output = person.run(*(str(word) for word in words))
    found = {line.split(" as ")[0] for line in named_in(account, output.encode())}
    assert found == set(account.identities())


def test_files_are_for_the_person_alone(person: Person, terminal: list[str]) -> None:
    row = person.crash(terminal)
    folder = person.home / "reports" / "pending" / row["id"]
    names = {path.name for path in folder.iterdir()}
    assert names == {"report.json.zst", "envelope.zst", "origin.json"}
    for path in [person.home, *person.home.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bugsink]:
    with bugsink(tmp_path_factory.mktemp("bugsink") / "state") as server:
        yield server


def test_agreed_to_it_arrives(
    account: Account, terminal: list[str], server: Bugsink, tmp_path: Path
) -> None:
    bundle = account.home / "ca.pem"
    bundle.write_bytes(server.ca_path.read_bytes())
    account.own(bundle)
    with CountingProxy(server.port) as proxy:
        person = Person(
            account,
            CRASHWATCH_DSN=server.dsn_at(proxy.port),
            CRASHWATCH_CA_BUNDLE=str(bundle),
        )
        row = person.crash(terminal)
        person.crashwatch("upload")
        assert proxy.connections == proxy.bytes_sent == 0

        person.crashwatch("reports", "approve", row["id"][:8])
        person.crashwatch("upload")
        assert proxy.bytes_sent > 0

    (sent,) = person.json("reports", "list")
    assert sent["state"] == "sent"
    (event,) = [
        e for e in server.events() if e["event_id"].replace("-", "") == row["id"]
    ]
    stored = json.dumps(event)
    assert "SIGSEGV" in stored
    assert "string_at" in stored
    assert event["data"]["tags"]["signal"] == "SIGSEGV"
    assert any("SIGSEGV" in json.dumps(issue) for issue in server.issues())
    # The native threads of the minidump took the place of the event's own; the Python
    # stacks stand beside them.
    assert len(event["data"]["threads"]["values"]) >= 3
    joined = event["data"]["contexts"]["python_threads"]
    crashed = next(text for name, text in joined.items() if name.endswith("(crashed)"))
    assert crashed[0].startswith("string_at (<stdlib>/ctypes/__init__.py:")
    assert len([name for name in joined if name != "type"]) == 3
    assert "pachyterm_mini" in stored or "term" in stored
    assert named_in(account, stored.encode()) == []
    assert named_in(account, server.everything_stored()) == []
    assert named_in(account, person.everything_kept()) == []


def test_refused_nothing_is_captured_and_nothing_sent(
    account: Account, terminal: list[str], server: Bugsink
) -> None:
    with CountingProxy(server.port) as proxy:
        person = Person(account, CRASHWATCH_DSN=server.dsn_at(proxy.port))
        person.crashwatch("consent", "revoke", "crash")
        words = [str(word) for word in supervised(terminal)]
        person.run(*words, status=-11)
        person.crashwatch("upload")
        assert person.json("reports", "list") == []
        assert proxy.connections == proxy.bytes_sent == 0
