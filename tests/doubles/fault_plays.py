"""What makes each fault of the matrix happen, once; see ``fault_bench``."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import trustme

from reports.errors import StorageError
from reports.upload.results import DrainResult, Held
from reports.upload.wire import Limits, Network
from tests.doubles.command_line import environment
from tests.doubles.fault_bench import PATIENT, QUICK, Observed
from tests.doubles.local_receiver import Receiver, Reply
from tests.doubles.requirement import require

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.doubles.fault_bench import Bench

    Play = Callable[[Bench], DrainResult | None]

YEAR = 365 * 86_400


def answered(*replies: Reply, zstd: bool = False) -> Play:
    """The next requests are answered so."""

    def play(bench: Bench) -> DrainResult:
        bench.receiver.replies += replies
        bench.try_zstd = zstd
        return bench.upload()

    return play


def status(number: int, *headers: tuple[str, str], **changes) -> Play:
    """The next request is answered with a status."""
    return answered(Reply(number, headers, **changes))


def led_to(number: int, target: str) -> Play:
    """A redirect; of ``target`` {us} and {stranger} are filled in."""

    def play(bench: Bench) -> DrainResult:
        own = f"127.0.0.1:{bench.receiver.port}"
        other = f"localhost:{bench.stranger.port}"
        where = target.format(us=own, stranger=other)
        return status(number, ("Location", where))(bench)

    return play


def elsewhere(
    bench: Bench, dsn: str, limits: Limits = PATIENT, **network
) -> DrainResult:
    """One pass to another endpoint."""
    home, bench.dsn, bench.asked = bench.dsn, dsn, dsn
    bench.network = Network(limits=limits, **network)
    result = bench.upload()
    bench.dsn, bench.network = home, Network(limits=PATIENT)
    return result


def impatient(play: Play) -> Play:
    """The same, with an uploader that waits for a moment only."""

    def quick(bench: Bench) -> DrainResult | None:
        bench.network = Network(limits=QUICK)
        result = play(bench)
        bench.network = Network(limits=PATIENT)
        return result

    return quick


def unused_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def refused(bench: Bench) -> DrainResult:
    return elsewhere(bench, f"http://key@127.0.0.1:{unused_port()}/1")


def no_proxy(bench: Bench) -> DrainResult:
    proxy = f"http://127.0.0.1:{unused_port()}"
    return elsewhere(bench, "https://key@127.0.0.1:1/1", proxy=proxy)


def proxy_wants_a_password(bench: Bench) -> DrainResult:
    """It answers CONNECT with a status of its own, in words of its own."""

    def answer() -> None:
        with listener.accept()[0] as peer:
            peer.recv(4096)
            peer.sendall(b"HTTP/1.1 407 \x1b[2JWho are you?\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = threading.Thread(target=answer)
        serving.start()
        proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
        result = elsewhere(bench, "https://key@127.0.0.1:1/1", proxy=proxy)
        serving.join(30)
    return result


def never_accepted(bench: Bench) -> DrainResult:
    """A listener whose queue is full takes no connection and refuses none."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        place = listener.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(place)
        try:
            return elsewhere(bench, f"http://key@127.0.0.1:{place[1]}/1", QUICK)
        finally:
            for one in waiting:
                one.close()


def silent_handshake(bench: Bench) -> DrainResult:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        return elsewhere(bench, f"https://key@127.0.0.1:{port}/1", QUICK)


# TLS


def presented(which: str, **context) -> Play:
    """A server over TLS that shows a certificate of some kind."""

    def play(bench: Bench) -> DrainResult:
        authority = trustme.CA()
        ca_file = bench.folder / "ca.pem"
        authority.cert_pem.write_to_path(str(ca_file))
        served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if which == "self-signed":
            # An authority's own certificate is signed by nobody else.
            lone = trustme.CA()
            own = bench.folder / "own.pem"
            own.write_bytes(lone.private_key_pem.bytes() + lone.cert_pem.bytes())
            served.load_cert_chain(own)
        else:
            _certificate(authority, which).configure_cert(served)
        for name, value in context.items():
            setattr(served, name, value)
        with Receiver(tls=served) as receiver:
            result = elsewhere(bench, receiver.dsn, ca_file=ca_file)
        assert receiver.received_bytes == 0
        return result

    return play


def _certificate(authority: trustme.CA, which: str) -> trustme.LeafCert:
    now, day = dt.datetime.now(dt.UTC), dt.timedelta(days=1)
    if which == "wrong host":
        return authority.issue_cert("reports.example.org")
    if which == "expired":
        before, after = now - 2 * day, now - day
        return authority.issue_cert("127.0.0.1", not_before=before, not_after=after)
    if which == "not yet":
        before, after = now + day, now + 2 * day
        return authority.issue_cert("127.0.0.1", not_before=before, not_after=after)
    if which == "unknown authority":
        return trustme.CA().issue_cert("127.0.0.1")
    return authority.issue_cert("127.0.0.1")


def plain_where_tls_was_asked_for(bench: Bench) -> DrainResult:
    return elsewhere(bench, bench.dsn.replace("http:", "https:"))


# Another process


def uploader(bench: Bench, dsn: str) -> list[str]:
    """A process that uploads."""
    now = str(bench.time.now.timestamp())
    home = str(bench.spool.home.root)
    module = "tests.doubles.other_uploader"
    return [sys.executable, "-m", module, home, dsn, now, bench.forbidden.id]


ALONE = """
test -z "$1" || mount --bind "$1" /etc/resolv.conf || exit 77
test -z "$2" || test ! -e /etc/nsswitch.conf ||
    mount --bind "$2" /etc/nsswitch.conf || exit 77
shift 2
exec "$@"
"""


def alone(*command: str, files: tuple[str, str] = ("", "")) -> str:
    """What a program writes that runs without any network, not even this machine's."""
    require(shutil.which("unshare"), "unshare is missing", "apt-get install util-linux")
    names = ("unshare", "--user", "--map-root-user", "--mount", "--net")
    ended = subprocess.run(
        [*names, "sh", "-c", ALONE, "sh", *files, *command],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    forbidden = ended.returncode == 77 or ended.stderr.startswith("unshare:")
    require(not forbidden, "namespaces may not be made here", "run as root")
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def offline(bench: Bench) -> DrainResult:
    return _told(alone(*uploader(bench, bench.dsn)))


def no_such_name(bench: Bench) -> DrainResult:
    """The name is looked up at a server that cannot be reached."""
    files = bench.folder / "resolv.conf", bench.folder / "nsswitch.conf"
    files[0].write_text("nameserver 192.0.2.1\n")
    files[1].write_text("hosts: dns\n")
    bench.asked = bench.dsn.replace("127.0.0.1", "localhost")
    written = alone(*uploader(bench, bench.asked), files=tuple(map(str, files)))
    return _told(written)


def _told(written: str) -> DrainResult:
    return DrainResult(kept=[Held(*row) for row in json.loads(written).items()])


def killed(phase: str) -> Play:
    """The uploader is killed when the server has come so far with its request."""

    def play(bench: Bench) -> None:
        bench.receiver.replies.append(Reply(fault="call", phase=phase))
        process = subprocess.Popen(
            uploader(bench, bench.dsn),
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        bench.receiver.called = lambda: _kill(process)
        assert process.wait(60) == -signal.SIGKILL

    return play


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(30)


# Disk and clock


SMALL_DISK = """
mount -t tmpfs -o size=400k,mode=700 none "$1" || exit 77
exec "$0" -m tests.doubles.fault_bench "$1"
"""


def on_a_small_disk(folder: Path) -> Observed:
    """``full_disk`` on a file system of 400 KB, which a child process mounts."""
    require(shutil.which("unshare"), "unshare is missing", "apt-get install util-linux")
    names = ("unshare", "--user", "--map-root-user", "--mount")
    ended = subprocess.run(
        [*names, "sh", "-c", SMALL_DISK, sys.executable, folder],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    forbidden = ended.returncode == 77 or ended.stderr.startswith("unshare:")
    require(not forbidden, "tmpfs may not be mounted here", "run as root")
    assert ended.returncode == 0, ended.stderr
    return Observed.from_json(ended.stdout)


def full_disk(bench: Bench) -> DrainResult:
    """The bench lies on a small file system of its own: see ``on_a_small_disk``."""
    filler = bench.folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"-" * 512):
                pass
        except OSError:
            pass
    try:
        return bench.upload()
    except StorageError as error:
        return DrainResult(kept=[Held(bench.first.id, str(error))])
    finally:
        filler.unlink()


def clock_jumps(seconds: float) -> Play:
    """The clock jumps while the uploader waits after a failure, and stays so."""

    def play(bench: Bench) -> DrainResult:
        result = status(503, ("Retry-After", "600"))(bench)
        bench.time.now += dt.timedelta(seconds=seconds)
        return result

    return play


def clock_jumps_on_the_way(seconds: float) -> Play:
    """The clock jumps between the request and the receipt."""

    def play(bench: Bench) -> DrainResult:
        def jump() -> None:
            bench.time.now += dt.timedelta(seconds=seconds)

        bench.receiver.called = jump
        bench.receiver.replies.append(Reply(fault="call", phase="head"))
        return bench.upload()

    return play
