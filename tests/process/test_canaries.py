"""Nothing planted around a person reaches a report, whatever crashes, to the server.

Login, full name, home, host, git identity, environment, arguments, folder, title,
typed text, clipboard, plugin, thread name, exception text. CRASHWATCH_CANARIES=all
runs every name with every kind of crash, and terminator.
"""

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.doubles.bugsink_server import Bugsink, bugsink
from tests.doubles.odd_person import OddPerson, odd_person
from tests.doubles.relay_opinion import opinion_of_envelope
from tests.doubles.requirement import require
from tests.doubles.stored_bytes import contents, plain
from tests.doubles.target_program import supervised
from tests.doubles.xvfb_display import xvfb_display

pytestmark = [
    pytest.mark.process,
    pytest.mark.ptrace,
    pytest.mark.bugsink,
    pytest.mark.slow,
    pytest.mark.timeout(600),
]

FIXTURES = Path(__file__).parents[2] / "fixtures"
ALL = os.environ.get("CRASHWATCH_CANARIES") == "all"
NAMES = {
    "zoë": "Zoë Quarlesdóttir",
    "O'Brien": "Séamus Ó Briainqx",
    "名字": "山本 健太郎",
    "test": "Quillan Zaxworth",
    "Bob Smithqx": "Bob Smithqx",
    "QXUPPER": "Wilhelmina Qxupper",
    "名字 O'Brien": "Zoë Ó Briainqx",
}
KINDS = (
    *("null_read", "null_read_thread", "abort", "bus", "fpe", "ill", "stack_overflow"),
    *("stack_overflow_thread", "uncaught_main", "uncaught_thread", "unraisable"),
    *("handled", "exit7", "os_exit3", "kill9", "term", "clean"),
)
SIGNALS = {
    "null_read": "SIGSEGV",
    "null_read_thread": "SIGSEGV",
    "abort": "SIGABRT",
    "bus": "SIGBUS",
    "fpe": "SIGFPE",
    "ill": "SIGILL",
    "stack_overflow": "SIGSEGV",
    "stack_overflow_thread": "SIGSEGV",
}
MATRIX = (
    [(login, kind) for login in NAMES for kind in KINDS]
    if ALL
    else [("名字 O'Brien", "null_read")]
)
ENCODINGS = ("utf-8", "latin-1", "utf-16-le", "utf-32-le")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bugsink]:
    with bugsink(tmp_path_factory.mktemp("bugsink") / "state") as server:
        yield server


def found_in(person: OddPerson, data: bytes) -> list[str]:
    """Which planted words stand in data, as memory, JSON or a traceback writes them."""
    folded = data.lower()
    return [
        f"{kind} as {how}"
        for kind, word in person.secrets().items()
        for how, raw in _written(word)
        if raw.lower() in folded
    ]


def _written(word: str) -> Iterator[tuple[str, bytes]]:
    for encoding in ENCODINGS:
        with contextlib.suppress(UnicodeEncodeError):
            yield encoding, word.encode(encoding)
    yield "json", json.dumps(word)[1:-1].encode()
    yield "escapes", word.encode("ascii", "backslashreplace")
    yield "percent", quote(word).encode()


def crash(person: OddPerson, kind: str, *words: str, **changes: str) -> list[Any]:
    """Crash the fixture terminal, installed in their folder; the reports there are."""
    place = person.folder / "term"
    shutil.copytree(
        FIXTURES / "terminals" / "pachyterm_mini", place, dirs_exist_ok=True
    )
    program = [sys.executable, place, "--", "sh", "-s", person.canaries["argument"]]
    person.run(supervised(program), typed=person.typing(kind), **changes)
    listed = crashwatch(person, "reports", "list", "--json")
    rows: list[Any] = json.loads(listed)
    return rows


def crashwatch(person: OddPerson, *words: str, **changes: str) -> bytes:
    """Run a command as the person, without their plugin."""
    ended = person.run(
        [sys.executable, "-m", "crashwatch", *words], PYTHONPATH="", **changes
    )
    assert ended.returncode == 0, (words, ended.stdout, ended.stderr)
    return ended.stdout


def everything_kept(person: OddPerson) -> bytes:
    home = person.home / ".local/state/crashwatch"
    files = [path for path in home.rglob("*") if path.is_file()]
    return b"\n".join(map(contents, files))


@pytest.mark.parametrize(("login", "kind"), MATRIX)
def test_nothing_planted_is_kept_or_arrives(
    login: str, kind: str, server: Bugsink
) -> None:
    with odd_person(login, NAMES[login]) as person:
        bundle = person.home / "ca.pem"
        bundle.write_bytes(server.ca_path.read_bytes())
        wire = {"CRASHWATCH_DSN": server.dsn, "CRASHWATCH_CA_BUNDLE": str(bundle)}
        rows = crash(person, kind, **wire)

        # The plugin's failed thread is reported with any crash.
        assert rows
        assert {row["state"] for row in rows} == {"pending"}, rows
        if kind in SIGNALS:
            assert SIGNALS[kind] in {row["reason"]["signal"] for row in rows}
        for row in rows:
            shown = crashwatch(person, "reports", "show", row["id"])
            assert found_in(person, shown) == []
            crashwatch(person, "reports", "approve", row["id"], **wire)
        crashwatch(person, "upload", "--now", **wire)

        assert found_in(person, everything_kept(person)) == []
        assert found_in(person, server.everything_stored()) == []
        arrived = {event["event_id"].replace("-", "") for event in server.events()}
        assert {row["id"] for row in rows} <= arrived
        kept = (person.home / ".local/state/crashwatch").glob(
            "reports/*/*/envelope.zst"
        )
        opinions = [opinion_of_envelope(plain(path)) for path in kept]
        assert opinions
        assert not any(opinions)


SHOW = """
import base64, faulthandler, os, pwd, socket, sys, threading
faulthandler.dump_traceback(file=sys.stdout, all_threads=True)
print(dict(os.environ), sys.argv, os.getcwd(), sys.stdin.read(), socket.gethostname())
print(pwd.getpwuid(os.geteuid()), open(os.path.expanduser("~/.gitconfig")).read())
print([t.name for t in threading.enumerate()], sys.path, base64.b64decode(sys.argv[2]))
"""


def test_the_same_search_finds_all_of_it_in_what_a_program_sees() -> None:
    """The positive control."""
    with odd_person("zoë", NAMES["zoë"]) as person:
        script = person.folder / "show.py"
        script.write_text(SHOW)
        argument = person.canaries["argument"]
        clip = person.typing("none").split("52;c;")[1].split("\\007")[0]
        words = [sys.executable, script, argument, clip]
        ended = person.run(words, typed=person.typing("none"))
        told = found_in(person, ended.stdout + ended.stderr)
        assert {each.split(" as ")[0] for each in told} == set(person.secrets()), (
            ended.stdout,
            ended.stderr,
        )


@pytest.mark.display
@pytest.mark.skipif(not ALL, reason="part of the whole matrix: CRASHWATCH_CANARIES=all")
@pytest.mark.parametrize("login", NAMES)
def test_nothing_planted_leaves_terminator(login: str) -> None:
    how = "apt-get install --no-install-recommends terminator xvfb xauth"
    require(shutil.which("terminator"), "terminator is missing", how)
    with xvfb_display() as display, odd_person(login, NAMES[login]) as person:
        (person.home / "run").mkdir(mode=0o700)
        plugin = person.plugins / "sitecustomize.py"
        text = plugin.read_text().replace(person.canaries["folder"], "terminator")
        plugin.write_text(text + TERMINATOR_FAULT)
        drawn = display.environment({})
        given = {n: v for n, v in drawn.items() if n in {"DISPLAY", "XAUTHORITY"}}
        words = ["terminator", "--no-dbus", "-T", person.canaries["title"], "-x", "sh"]
        person.run(
            supervised(words, "--headless"),
            SHELL="/bin/sh",
            XDG_RUNTIME_DIR=str(person.home / "run"),
            DBUS_SESSION_BUS_ADDRESS=f"unix:path={person.home}/no-bus",
            **given,
        )
        rows = json.loads(crashwatch(person, "reports", "list", "--json"))
        assert "SIGSEGV" in {row["reason"]["signal"] for row in rows}
        assert {row["state"] for row in rows} == {"pending"}
        assert found_in(person, everything_kept(person)) == []


TERMINATOR_FAULT = """
def fault():
    import ctypes
    while not getattr(sys.modules.get("gi.repository.Gtk"), "main_level", int)():
        threading.Event().wait(0.05)
    ctypes.string_at(0)

if "terminator" in " ".join(sys.orig_argv[1:3]):
    threading.Timer(0.5, fault).start()
"""
