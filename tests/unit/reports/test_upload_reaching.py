"""Reaching a host is bounded: the look-up of its name, and all of its addresses."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
import time

import pytest

from reports.upload import reaching
from reports.upload.reaching import looked_up, reached
from tests.doubles.command_line import environment
from tests.doubles.requirement import require


def always():
    return True


SILENT_RESOLVER = """
import socket, sys, time
from reports.errors import DeliveryError
from reports.upload.clock import Clock
from reports.upload.dsn import parse_dsn
from reports.upload.encoding import Encoding
from reports.upload.wire import Limits, Network, Wire

silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
silent.bind(("127.0.0.1", 53))
network = Network(limits=Limits(connect=0.5))
asked_at = []
began = time.monotonic()
with Wire(parse_dsn("https://key@reports.example.org/1"), network, Clock()) as wire:
    try:
        wire.post(b"-", Encoding.GZIP, lambda: True, lambda: WANTED)
    except DeliveryError as error:
        print(error)
silent.settimeout(5)
print(b"reports" in silent.recv(512), time.monotonic() - began < 20)
"""

IN_A_NETWORK_OF_ITS_OWN = """
ip link set lo up || exit 77
mount --bind "$1" /etc/resolv.conf || exit 77
test ! -e /etc/nsswitch.conf || mount --bind "$2" /etc/nsswitch.conf || exit 77
exec "$0" -c "$3"
"""


@pytest.mark.process
@pytest.mark.parametrize(
    ("wanted", "why"),
    [(True, "nobody says in time what its address is"), (False, "withdrawn")],
)
def test_a_resolver_that_never_answers_is_not_waited_for(tmp_path, wanted, why):
    """glibc alone would wait for a minute and a half here."""
    for tool in ("unshare", "ip"):
        advice = "apt-get install util-linux iproute2"
        require(shutil.which(tool), f"{tool} is missing", advice)
    settings, order = tmp_path / "resolv.conf", tmp_path / "nsswitch.conf"
    settings.write_text("nameserver 127.0.0.1\noptions timeout:30 attempts:3\n")
    order.write_text("hosts: files dns\n")
    ended = subprocess.run(
        [
            *("unshare", "--user", "--map-root-user", "--mount", "--net", "sh", "-c"),
            *(IN_A_NETWORK_OF_ITS_OWN, sys.executable, settings, order),
            SILENT_RESOLVER.replace("WANTED", str(wanted)),
        ],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=80,
        check=False,
    )
    require(ended.returncode != 77, "no network of one's own here", "run as root")
    assert ended.returncode == 0, ended.stderr
    told, asked = ended.stdout.splitlines()
    assert why in told
    assert asked == "True True"


def test_an_address_is_asked_of_nobody(monkeypatch):
    monkeypatch.setattr(threading, "Thread", None)
    found = looked_up("127.0.0.1", 443, 1.0, always)
    assert [address[4] for address in found] == [("127.0.0.1", 443)]
    found = looked_up("::1", 443, 1.0, always)
    assert [address[4][:2] for address in found] == [("::1", 443)]


@pytest.mark.parametrize("name", ["a" * 64 + ".example.org", "..", ""])
def test_what_cannot_be_a_name_is_said(name):
    with pytest.raises(OSError, match=r".+"):
        reached(name, 443, 1.0, (), always)


def full_listener():
    """A port whose queue is full: a connection to it is neither taken nor refused."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    waiting = []
    for _ in range(4):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(listener.getsockname())
        waiting.append(one)
    return listener, waiting


def address_of(listener):
    place = listener.getsockname()
    return (socket.AF_INET, socket.SOCK_STREAM, 0, "", place)


def test_a_dead_first_address_leaves_time_for_the_second(monkeypatch):
    dead, waiting = full_listener()
    with dead, socket.create_server(("127.0.0.1", 0)) as alive:
        addresses = [address_of(dead), address_of(alive)]
        monkeypatch.setattr(reaching, "looked_up", lambda *_: addresses)
        began = time.monotonic()
        with reached("host", 1, 4.0, (), always) as connected:
            assert time.monotonic() - began < 3.9, "the first had it all"
            assert connected.getpeername() == alive.getsockname()
            assert connected.gettimeout() == 4.0
        for one in waiting:
            one.close()


def test_the_last_address_says_why(monkeypatch):
    dead, waiting = full_listener()
    with dead:
        monkeypatch.setattr(reaching, "looked_up", lambda *_: [address_of(dead)] * 3)
        with pytest.raises(TimeoutError):
            reached("host", 1, 0.3, (), always)
        for one in waiting:
            one.close()


def test_nothing_is_connected_when_it_is_not_wanted_any_more():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with pytest.raises(OSError, match="withdrawn"):
            reached("127.0.0.1", listener.getsockname()[1], 2.0, (), lambda: False)
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
