"""With everything refused: no file made, no network socket, no name looked up."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest

from tests.doubles.command_line import answer_here, environment
from tests.doubles.requirement import require

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

REFUSALS = {
    "revoked": {},
    "DO_NOT_TRACK": {"DO_NOT_TRACK": "1"},
    "CRASHWATCH_NO_TELEMETRY": {"CRASHWATCH_NO_TELEMETRY": "1"},
}

WATCHED = "openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,"
WATCHED += "symlink,symlinkat,mknod,mknodat,unlink,socket,connect,sendto,execve,"
WATCHED += "memfd_create,ptrace,fork,vfork,clone,clone3"

AN_HOUR = """
import crashwatch.client as client
client.ready()
for minute in range(60):
    for frame in range(60):
        client.heartbeat()
    client.count("usage/commands", 3)
    client.observe("performance/frame", 0.01)
    client.feature("feature/split")
    client.plugin("plugin/theirs")
    try:
        raise ValueError("a person's words")
    except ValueError as error:
        client.report_error(error)
client.set_enabled(True)
print("supervised" if client.is_supervised() else "alone", flush=True)
"""
"""Each call there is, as often as a terminal makes it in an hour, in one go."""


def traced(tmp_path, *command, **variables):
    """The system calls of a command and all its children, one a line."""
    tool = shutil.which("strace")
    require(tool, "strace is missing", "apt-get install strace")
    log = tmp_path / "strace"
    done = subprocess.run(
        [tool, "-f", "-qq", "-o", log, "-e", f"trace={WATCHED}", *map(str, command)],
        env=environment(PYTHONDONTWRITEBYTECODE="1", **variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    calls = [line.split(maxsplit=1)[1] for line in log.read_text().splitlines()]
    return done, calls


def made(calls):
    """Calls that succeeded and made or wrote to something, devices left out."""
    names = ("creat(", "mkdir", "rename", "link", "symlink", "mknod", "memfd_create")
    return [
        call
        for call in calls
        if " = -1 " not in call
        and '"/dev/' not in call
        and (
            call.startswith(names)
            or (call.startswith("open") and re.search("O_CREAT|O_WRONLY|O_RDWR", call))
        )
    ]


def reached_out(calls):
    """Sockets of the network, and files by which names are looked up."""
    return [
        call
        for call in calls
        if re.search("AF_INET|AF_NETLINK|/etc/resolv.conf|/etc/hosts|nscd", call)
    ]


@pytest.fixture(params=REFUSALS)
def refused(request, capfd, crashwatch_home):
    """Everything refused, in one of the ways there are; an endpoint is set."""
    if request.param == "revoked":
        assert answer_here(capfd, "consent", "revoke").status == 0
    before = sorted(p.name for p in crashwatch_home.rglob("*"))
    dsn = {"CRASHWATCH_DSN": "https://key@reports.example.invalid/1"}
    yield REFUSALS[request.param] | dsn
    assert sorted(p.name for p in crashwatch_home.rglob("*")) == before


class TestNothingHappens:
    def test_when_a_program_crashes_after_an_hour_of_use(self, refused, tmp_path):
        crash = AN_HOUR + "import os; os.abort()"
        done, calls = traced(
            tmp_path,
            *(sys.executable, "-m", "crashwatch", "run", "--"),
            *(sys.executable, "-c", crash),
            **refused,
        )
        assert done.stdout == "alone\n", done
        assert made(calls) == []
        assert reached_out(calls) == []
        children = [c for c in calls if c.startswith(("fork", "vfork", "clone"))]
        assert children == []

    def test_when_something_is_told_to_upload(self, refused, tmp_path):
        done, calls = traced(
            tmp_path, sys.executable, "-m", "crashwatch", "upload", "--now", **refused
        )
        assert done.returncode == 0, done
        assert made(calls) == []
        assert reached_out(calls) == []


def test_a_fresh_profile_leaves_nothing_after_an_hour_of_use(tmp_path, crashwatch_home):
    """Nobody was asked yet, nothing crashed, and an endpoint is there."""
    quiet = AN_HOUR.replace("client.report_error(error)", "pass")
    done, calls = traced(
        tmp_path,
        *(sys.executable, "-m", "crashwatch", "run", "--"),
        *(sys.executable, "-c", quiet),
        CRASHWATCH_DSN="https://key@reports.example.invalid/1",
    )
    assert done.stdout == "supervised\n", done
    assert not crashwatch_home.exists()
    # The watch itself is made in memory, and gone with it.
    assert [call for call in made(calls) if not call.startswith("memfd_create")] == []
    assert reached_out(calls) == []


def test_the_test_sees_what_it_looks_for(tmp_path):
    code = (
        "import socket; open('made', 'w').close()\n"
        "try: socket.getaddrinfo('nowhere.invalid', 1)\n"
        "except OSError: pass"
    )
    command = (sys.executable, "-c", f"import os; os.chdir({str(tmp_path)!r}); {code}")
    _, calls = traced(tmp_path, *command)
    assert made(calls)
    assert reached_out(calls)


def test_no_telemetry_becomes_the_program_at_once(tmp_path):
    marker = "/bin/true"
    done, calls = traced(
        tmp_path,
        *(sys.executable, "-m", "crashwatch", "run", "--no-telemetry", "--", marker),
        CRASHWATCH_HOME=str(tmp_path / "home"),
    )
    assert done.returncode == 0
    programs = [c for c in calls if c.startswith("execve") and " = 0" in c]
    assert len(programs) == 2, programs
    assert marker in programs[-1]
    assert not [c for c in calls if c.startswith(("fork", "vfork", "clone"))]
    # Neither settings nor consent nor the home are as much as looked for.
    assert not [c for c in calls if str(tmp_path / "home") in c]
    assert not [c for c in calls if "/etc/crashwatch" in c]
    assert made(calls) == []
    assert reached_out(calls) == []
