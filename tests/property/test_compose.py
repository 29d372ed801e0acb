"""Whatever the evidence: nobody is named in a payload, or there is none."""

from __future__ import annotations

import dataclasses
import json
import random
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.compose import compose
from reports.crash_report import (
    CaptureFacts,
    CrashReport,
    Outcome,
    ProcessFacts,
    Reason,
    SystemFacts,
)
from reports.errors import WithheldError
from reports.evidence import (
    CodeRoots,
    Evidence,
    RawException,
    RawFrame,
    RawMessage,
    RawThread,
)
from scrubbers import Identity
from tests.doubles.sample_evidence import ROOTS, SITE, STDLIB, sample_evidence

ID = "0123456789abcdef0123456789abcdef"
LOGINS = ("zoë", "O'Brien", "名字", "test", "zoe quarles", "QUARLESZ", "quarlesz")
PEOPLE = {
    login: Identity(user=login, home=f"/home/{login}", host="holehost77")
    for login in LOGINS
}
DISTINCT = tuple(login for login in LOGINS if login not in {"test", "zoë"})
"""Logins that occur in no report by chance; ``test`` is a folder of the library."""

PLANTED = st.one_of(
    st.sampled_from(LOGINS),
    st.sampled_from([f"/home/{login}/x.py" for login in LOGINS]),
    st.sampled_from([f"/opt/pachy/{login}/x.py" for login in LOGINS]),
    st.sampled_from([f"{SITE}/{login}/{login}.py" for login in LOGINS]),
    st.sampled_from([f"{STDLIB}/json/{login}_x.py" for login in LOGINS]),
    st.sampled_from([quote(f"/home/{login}") for login in LOGINS]),
    st.sampled_from([json.dumps(login)[1:-1] for login in LOGINS]),
    st.sampled_from(["", "/", "..", "/opt/pachy/../../home/zoë/x.py", "<string>"]),
    st.sampled_from(["<frozen os>", "main.py", "f", "a.<locals>.b", "1.2", "x" * 700]),
    st.text(max_size=12),
    st.text(st.characters(min_codepoint=0xD7F0, max_codepoint=0xE010), max_size=4),
)
NUMBERS = st.one_of(st.none(), st.integers(-3, 99), st.integers())
FLOATS = st.floats()
FRAMES = st.builds(
    RawFrame,
    function=PLANTED,
    file=PLANTED,
    line=NUMBERS,
    module=st.one_of(st.just(""), PLANTED),
    address=NUMBERS,
)
FRAME_TUPLES = st.lists(FRAMES, max_size=3).map(tuple)
THREADS = st.builds(
    RawThread,
    name=PLANTED,
    crashed=st.booleans(),
    frames=FRAME_TUPLES,
    tid=NUMBERS,
)
MESSAGES = st.builds(
    RawMessage,
    pieces=st.lists(PLANTED, max_size=3).map(tuple),
    files=st.lists(PLANTED, max_size=2).map(tuple),
)
EXCEPTIONS = st.recursive(
    st.none(),
    lambda cause: st.builds(
        RawException,
        module=PLANTED,
        name=PLANTED,
        thread=PLANTED,
        frames=FRAME_TUPLES,
        cause=cause,
        message=st.one_of(st.none(), MESSAGES),
        notes=st.lists(MESSAGES, max_size=2).map(tuple),
        group=cause.map(lambda member: () if member is None else (member,)),
    ),
    max_leaves=3,
)
EVIDENCE = st.builds(
    Evidence,
    program=PLANTED,
    created=FLOATS,
    reason=st.builds(
        Reason,
        kind=st.sampled_from(Outcome),
        signal=st.one_of(st.none(), st.just("SIGSEGV"), PLANTED),
        signal_code=st.one_of(st.none(), st.just("SEGV_MAPERR"), PLANTED),
        exit_code=NUMBERS,
    ),
    roots=st.one_of(
        st.just(ROOTS),
        st.builds(CodeRoots, app=st.lists(PLANTED, max_size=2).map(tuple)),
    ),
    process=st.builds(ProcessFacts, status=st.just("stopped"), uptime=FLOATS),
    system=st.builds(
        SystemFacts,
        system=st.just("Linux"),
        release=PLANTED,
        machine=st.just("x86_64"),
        python=PLANTED,
    ),
    capture=st.builds(
        CaptureFacts,
        method=st.just("hold"),
        soft_errors=st.lists(PLANTED, max_size=2).map(tuple),
        seconds=FLOATS,
    ),
    release=PLANTED,
    threads=st.lists(THREADS, max_size=2).map(tuple),
    exception=EXCEPTIONS,
)


def written(login: str) -> set[bytes]:
    """The forms in which a value may never stand, small letters."""
    forms = {login.encode(code) for code in ("utf-8", "utf-16-le", "utf-32-le")}
    forms |= {quote(login).encode(), json.dumps(login)[1:-1].encode()}
    forms.add(login.encode("latin-1", "replace"))
    return {form.lower() for form in forms}


@given(EVIDENCE, st.sampled_from(LOGINS))
@settings(
    max_examples=300,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_nobody_is_named_or_there_is_no_payload(evidence: Evidence, login: str) -> None:
    try:
        payload = compose(evidence, identity=PEOPLE[login], report_id=ID)
    except WithheldError as error:
        refused = error.rules
    else:
        refused = ()
    # Each failure has a cause that is to be mended where it arises.
    assert "failure:report" not in refused
    if refused:
        return
    report = msgspec.json.decode(payload.report_json, type=CrashReport)
    assert msgspec.json.encode(report) == payload.report_json
    data = (payload.report_json + payload.envelope).lower()
    places = [f"/home/{login}", *([login] if login in DISTINCT else [])]
    for place in places:
        for form in written(place):
            assert form not in data
    assert compose(evidence, identity=PEOPLE[login], report_id=ID) == payload


# Innocent reports --------------------------------------------------------------------

FUNCTIONS = [
    "string_at",
    "crash",
    "run",
    "main",
    "draw",
    "handle_event",
    "wait",
    "accept",
    "read",
    "select",
    "poll",
    "loads",
    "raw_decode",
    "_bootstrap",
    "_bootstrap_inner",
    "__init__",
    "__call__",
    "<module>",
    "<lambda>",
    "Terminal.feed",
    "null_read",
    "test_suite",
    "getpass.<locals>.unix",
    "root",
    "pi",
    "vm",
    "user_loop",
]
FILES = [
    "ctypes/__init__.py",
    "threading.py",
    "asyncio/base_events.py",
    "json/decoder.py",
    "selectors.py",
    "test/support/__init__.py",
    "test/test_os.py",
    "tkinter/__init__.py",
    "concurrent/futures/thread.py",
    "getpass.py",
    "multiprocessing/process.py",
    "runpy.py",
]
PACKAGES = ("pyte/screens.py", "click/core.py", "numpy/core/_methods.py", "root/pi.py")
OWN = ("__main__.py", "terminal.py", "crashes.py", "test/user.py", "vm/pi.py")
ARGUMENTS = [
    "--crash",
    "null_read",
    "-v",
    "--verbose",
    "-e",
    "bash",
    "htop",
    "--theme=dark",
    "threads",
    "frames",
    "notes.txt",
    "main.py",
    "--config",
    "config.toml",
    "exception",
    "crashes",
    "2026-11-22",
    "--title",
    "terminal",
    "80x24",
    "-m",
    "pachyterm.cli",
    "string_at",
    "https://docs.python.org/3/",
    "process",
    "python3",
]
ENVIRONMENT = [
    "/usr/lib/python3",
    "xterm-256color",
    "/bin/sh",
    "x86_64",
    "/usr/bin:/bin",
    "truecolor",
    "1",
    "en_US.UTF-8",
    "wayland-0",
    ":0",
    "GNOME",
    "gnome-classic",
    "linux-gnu",
    "Linux",
    "CPython",
    "3.11.7",
    "1.2.3",
    "nvim",
    "less",
    "-R",
    "/etc/xdg:/usr/share",
    "/run/user/1000",
    "unix:path=/run/user/1000/bus",
    "false",
    "X64",
    "true",
    "amd64",
    "x86_64-linux-gnu",
    "UTF-8",
    "ibus",
    "@im=ibus",
    "hold",
    "python",
    "threading",
]


def innocent(chance: random.Random, login: str) -> tuple[Evidence, Identity]:
    """A crash that names nobody, of somebody with an ordinary machine."""

    def frame() -> RawFrame:
        root, files = chance.choice(
            [(STDLIB, FILES), (SITE, PACKAGES), ("/opt/pachy", OWN)]
        )
        name = chance.choice(FUNCTIONS)
        return RawFrame(name, f"{root}/{chance.choice(files)}", chance.randrange(2000))

    threads = tuple(
        RawThread(
            name=chance.choice(["MainThread", "Thread-3 (run)", "asyncio_0"]),
            crashed=number == 0,
            frames=tuple(frame() for _ in range(chance.randrange(1, 12))),
            tid=chance.randrange(2, 40000),
        )
        for number in range(chance.randrange(1, 4))
    )
    evidence = dataclasses.replace(sample_evidence(), threads=threads)
    home = "/root" if login == "root" else f"/home/{login}"
    extra = [("argument", value) for value in chance.sample(ARGUMENTS, k=4)]
    extra += [("environment", value) for value in chance.sample(ENVIRONMENT, k=12)]
    extra += [
        ("environment", value)
        for value in (login, home, f"/var/mail/{login}", f"{home}/.cache")
    ]
    extra += [("ip", "10.0.2.15"), ("mac", "52:54:00:12:34:56")]
    extra += [("machine_id", f"{chance.getrandbits(128):032x}")]
    host = chance.choice(["debian", "localhost", "vm", "thinkpad", "build-7"])
    return evidence, Identity(user=login, home=home, host=host, extra=tuple(extra))


@pytest.mark.slow
def test_innocent_reports_are_not_withheld() -> None:
    """At most one in a thousand, with logins that are words of code too."""
    chance = random.Random(20261122)
    withheld = []
    for number in range(2000):
        login = ("pi", "vm", "root", "test", "alice")[number % 5]
        evidence, identity = innocent(chance, login)
        try:
            compose(evidence, identity=identity, report_id=ID)
        except WithheldError as refusal:
            withheld.append((login, refusal.rules))
    assert len(withheld) <= 2, withheld[:20]
