"""The wire: verified TLS or nothing, through a proxy where named, bounded always."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import socket
import ssl
import subprocess
import time

import pytest
import trustme

from reports.errors import DeliveryError
from reports.upload.clock import Clock
from reports.upload.dsn import parse_dsn
from reports.upload.encoding import Encoding, encode
from reports.upload.proxy import proxy_for
from reports.upload.wire import Limits, Network, Wire
from tests.doubles.counting_proxy import CountingProxy
from tests.doubles.local_receiver import Receiver, Reply
from tests.doubles.requirement import require
from tests.doubles.sample_payload import sample_payload

LIMITS = Limits(1.0, 0.5, 2.0, 1e9)
ENVELOPE = sample_payload().envelope
BODY = encode(ENVELOPE, Encoding.GZIP)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def ca_file(authority, tmp_path):
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def served_by(certificate, **changes):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    for name, value in changes.items():
        setattr(context, name, value)
    return Receiver(tls=context)


def post(dsn, **network):
    with Wire(parse_dsn(dsn), Network(limits=LIMITS, **network), Clock()) as wire:
        return wire.post(BODY, Encoding.GZIP, lambda: True)


class TestTls:
    def test_a_verified_server_gets_the_envelope(self, authority, ca_file):
        with served_by(authority.issue_cert("127.0.0.1")) as receiver:
            assert post(receiver.dsn, ca_file=ca_file).status == 200
            assert receiver.requests[0].envelope == ENVELOPE

    def test_by_name_as_well(self, authority, ca_file):
        with served_by(authority.issue_cert("localhost")) as receiver:
            dsn = receiver.dsn.replace("127.0.0.1", "localhost")
            assert post(dsn, ca_file=ca_file).status == 200

    @pytest.mark.parametrize("fault", ["wrong host", "expired", "not yet", "stranger"])
    def test_a_doubtful_certificate_gets_nothing(self, authority, ca_file, fault):
        now = dt.datetime.now(dt.UTC)
        day = dt.timedelta(days=1)
        certificate = {
            "wrong host": lambda: authority.issue_cert("reports.example.org"),
            "expired": lambda: authority.issue_cert(
                "127.0.0.1", not_before=now - 2 * day, not_after=now - day
            ),
            "not yet": lambda: authority.issue_cert(
                "127.0.0.1", not_before=now + day, not_after=now + 2 * day
            ),
            "stranger": lambda: trustme.CA().issue_cert("127.0.0.1"),
        }[fault]()
        with served_by(certificate) as receiver:
            with pytest.raises(DeliveryError, match="certificate does not verify"):
                post(receiver.dsn, ca_file=ca_file)
            assert receiver.received_bytes == 0
            assert receiver.requests == []

    @pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
    def test_a_server_of_yesterday_gets_nothing(self, authority, ca_file):
        certificate = authority.issue_cert("127.0.0.1")
        with served_by(
            certificate,
            minimum_version=ssl.TLSVersion.TLSv1,
            maximum_version=ssl.TLSVersion.TLSv1_1,
        ) as receiver:
            with pytest.raises(DeliveryError, match="could not be used"):
                post(receiver.dsn, ca_file=ca_file)
            assert receiver.received_bytes == 0

    def test_tls_1_2_is_enough(self, authority, ca_file):
        certificate = authority.issue_cert("127.0.0.1")
        version = ssl.TLSVersion.TLSv1_2
        with served_by(certificate, maximum_version=version) as receiver:
            assert post(receiver.dsn, ca_file=ca_file).status == 200

    def test_a_plain_server_gets_nothing_when_tls_was_asked_for(self, ca_file):
        with Receiver() as receiver:
            dsn = receiver.dsn.replace("http:", "https:")
            with pytest.raises(DeliveryError, match="could not be used"):
                post(dsn, ca_file=ca_file)
            assert receiver.requests == []

    def test_a_file_that_is_no_authority_is_named(self, tmp_path):
        for content in (None, "", "nonsense"):
            path = tmp_path / "bad.pem"
            if content is not None:
                path.write_text(content)
            with pytest.raises(DeliveryError, match=r"bad\.pem cannot be read") as it:
                post("https://key@127.0.0.1:9/1", ca_file=path)
            assert it.value.hint

    def test_a_stalled_handshake_is_bounded(self, ca_file):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            began = time.monotonic()
            with pytest.raises(DeliveryError, match="too slow"):
                post(
                    f"https://key@127.0.0.1:{silent.getsockname()[1]}/1",
                    ca_file=ca_file,
                )
            assert time.monotonic() - began < 3


class TestProxy:
    def test_tls_goes_through_a_tunnel(self, authority, ca_file):
        with (
            served_by(authority.issue_cert("127.0.0.1")) as receiver,
            CountingProxy(receiver.port, answers_connect=True) as proxy,
        ):
            answer = post(
                receiver.dsn, ca_file=ca_file, proxy=f"http://127.0.0.1:{proxy.port}"
            )
            assert answer.status == 200
            assert proxy.asked[0].startswith(f"CONNECT 127.0.0.1:{receiver.port} HTTP")
            assert "sentry" not in proxy.asked[0].lower()
            assert receiver.requests[0].envelope == ENVELOPE

    def test_the_proxy_cannot_pose_as_the_server(self, ca_file):
        with (
            served_by(trustme.CA().issue_cert("127.0.0.1")) as impostor,
            CountingProxy(impostor.port, answers_connect=True) as proxy,
        ):
            with pytest.raises(DeliveryError, match="does not verify"):
                post(
                    "https://key@127.0.0.1:9/1",
                    ca_file=ca_file,
                    proxy=f"http://127.0.0.1:{proxy.port}",
                )
            assert impostor.requests == []

    @pytest.mark.parametrize(
        "proxy",
        ["https://p:1", "socks5://p:1", "http://p", "http://u:w@p:1", "http://p:x"],
    )
    def test_an_odd_proxy_is_refused(self, proxy):
        with pytest.raises(DeliveryError, match="the proxy is not"):
            post("https://key@127.0.0.1:9/1", proxy=proxy)

    @pytest.mark.parametrize(
        ("environment", "expected"),
        [
            ({}, ""),
            ({"https_proxy": "http://p:1"}, "http://p:1"),
            ({"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
            ({"HTTP_PROXY": "http://p:1"}, ""),
            ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, ""),
            ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "x, example.org"}, ""),
            ({"HTTPS_PROXY": "http://p:1", "no_proxy": ".example.org"}, ""),
            ({"HTTPS_PROXY": "http://p:1", "no_proxy": "*.EXAMPLE.org"}, ""),
            ({"HTTPS_PROXY": "http://p:1", "no_proxy": "a.example.org"}, ""),
            ({"HTTPS_PROXY": "http://p:1", "no_proxy": "ample.org,,"}, "http://p:1"),
        ],
    )
    def test_which_proxy_the_environment_names(self, environment, expected):
        endpoint = parse_dsn("https://key@a.example.org/1")
        assert proxy_for(endpoint, environment) == expected

    def test_this_machine_is_never_reached_through_one(self):
        endpoint = parse_dsn("http://key@localhost/1")
        assert proxy_for(endpoint, {"https_proxy": "http://p:1"}) == ""


def test_a_name_that_does_not_exist_is_said():
    with pytest.raises(DeliveryError, match=r"nowhere\.invalid:443 could not be used"):
        post("https://key@nowhere.invalid/1")


def test_no_error_tells_the_key():
    with pytest.raises(DeliveryError) as caught:
        post("http://verysecretkey@127.0.0.1:9/1")
    shown = [caught.value, caught.value.hint, caught.value.__cause__]
    assert "verysecretkey" not in repr(shown)


def test_plain_http_to_this_machine_counts_what_it_writes():
    with Receiver() as receiver, CountingProxy(receiver.port) as proxy:
        dsn = receiver.dsn.replace(str(receiver.port), str(proxy.port))
        answer = post(dsn)
    assert answer.wire_bytes == proxy.bytes_sent


def test_a_second_post_uses_the_same_connection_unless_told_to_close():
    with Receiver() as receiver:
        receiver.replies = [Reply(), Reply(headers=(("Connection", "close"),))]
        endpoint = parse_dsn(receiver.dsn)
        with Wire(endpoint, Network(limits=LIMITS), Clock()) as wire:
            for _ in range(3):
                assert wire.post(BODY, Encoding.GZIP, lambda: True).status == 200
        assert receiver.connections == 2


@pytest.mark.parametrize("size", [0, 200_000], ids=["small", "large"])
@pytest.mark.parametrize("encrypted", [True, False], ids=["tls", "plain"])
def test_a_kept_connection_that_the_server_gave_up_is_replaced(
    authority, ca_file, encrypted, size
):
    certificate = authority.issue_cert("127.0.0.1")
    large = sample_payload(minidump=os.urandom(size)).envelope
    body = encode(large, Encoding.GZIP)
    with served_by(certificate) if encrypted else Receiver() as receiver:
        receiver.replies = [Reply(hangs_up=True)]
        endpoint = parse_dsn(receiver.dsn)
        with Wire(endpoint, Network(ca_file, limits=LIMITS), Clock()) as wire:
            assert wire.post(BODY, Encoding.GZIP, lambda: True).status == 200
            assert receiver.hung_up.wait(10)
            assert wire.post(body, Encoding.GZIP, lambda: True).status == 200
        assert receiver.connections == 2


def test_the_total_leaves_time_for_the_bandwidth():
    limits = Limits(1.0, 0.5, 1.0, 20_000)
    large = sample_payload(minidump=os.urandom(50_000)).envelope
    body = encode(large, Encoding.GZIP)
    with Receiver() as receiver:
        endpoint = parse_dsn(receiver.dsn)
        began = time.monotonic()
        with Wire(endpoint, Network(limits=limits), Clock()) as wire:
            wire.post(body, Encoding.GZIP, lambda: True)
        assert time.monotonic() - began > 1.2
        assert receiver.received_bytes == len(body)


def test_an_independent_zstd_reads_ours():
    tool = shutil.which("zstd")
    require(tool, "zstd is missing", "apt-get install zstd")
    packed = encode(ENVELOPE, Encoding.ZSTD)
    done = subprocess.run([tool, "-dc"], input=packed, capture_output=True, check=True)
    assert done.stdout == ENVELOPE


def test_gzip_has_no_time_in_it():
    assert encode(ENVELOPE, Encoding.GZIP) == BODY
    assert BODY[4:8] == bytes(4)
