"""POST envelopes over one kept-alive connection: verified, bounded, never redirected.

TLS 1.2 or later, certificate and host name verified. Redirects are not followed: the
connection knows one host only. Every phase is bounded: connecting and each wait by
``Limits``, the whole exchange by a watchdog that resets the connection. It does so too
when consent is withdrawn: what the kernel still holds of the body is thrown away.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from reports.errors import DeliveryError
from reports.upload.bandwidth import TokenBucket
from reports.upload.proxy import proxy_address
from reports.upload.reaching import reached
from reports.upload.watchdog import LOOK_SECONDS, WITHDRAWN, Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from urllib3.response import BaseHTTPResponse

    from reports.upload.clock import Clock
    from reports.upload.dsn import Endpoint
    from reports.upload.encoding import Encoding

CLIENT = "crashwatch/1"
_CHUNK = 2048
_MAX_ANSWER_BYTES = 64 * 1024

_BROKEN_OFF = (
    ConnectionError,
    http.client.BadStatusLine,
    # What a write gets under TLS where plain sockets say EPIPE.
    ssl.SSLEOFError,
    ssl.SSLZeroReturnError,
)
"""How it shows that the other side has closed."""

_SEND_BUFFER = 16 * 1024
"""Bytes the kernel may take from us before the server read them; it doubles this.
By default it takes megabytes, which would be beyond recall."""

_SOCKET_OPTIONS: list[tuple[int, int, int | bytes]] = [
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER),
]
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that makes closing send a reset and drop what is still unsent."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of an exchange: seconds, and bytes per second.

    ``total`` is for the server; what the bandwidth cap takes comes on top.
    """

    connect: float = 10.0
    each_wait: float = 15.0
    total: float = 60.0
    bytes_per_second: float = 16 * 1024.0


@dataclass(frozen=True, slots=True)
class Network:
    """How to reach the endpoint.

    Attributes:
        ca_file: PEM bundle of the authorities to trust instead of the system's.
            Without it OpenSSL's own rules hold, SSL_CERT_FILE among them.
        proxy: ``http://host:port`` through which to tunnel TLS, or empty.
    """

    ca_file: Path | None = None
    proxy: str = ""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        headers: Names in lower case; of repeated ones the values joined by commas.
        body: At most 64 KiB of it.
        wire_bytes: HTTP bytes we wrote for this request, before TLS.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    wire_bytes: int


class Wire:
    """A connection to one endpoint, opened at the first post, closed by ``with``."""

    def __init__(self, endpoint: Endpoint, network: Network, clock: Clock) -> None:
        self._endpoint = endpoint
        self._network = network
        self._clock = clock
        self._bucket = TokenBucket(network.limits.bytes_per_second)
        self._context = _tls_context(network.ca_file) if endpoint.is_encrypted else None
        self._connection: HTTPConnection | None = None
        self._holds: Callable[[], bool] = _always
        self.wire_bytes = 0

    def __enter__(self) -> Self:
        """Nothing is opened yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Close the connection; the next post opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def post(
        self,
        body: bytes,
        encoding: Encoding,
        may_go_on: Callable[[], bool],
        holds: Callable[[], bool] | None = None,
    ) -> Answer:
        """Send one envelope and read the answer.

        Args:
            body: Compressed.
            encoding: How.
            may_go_on: Asked before each 2 KiB; False breaks the connection off.
            holds: The same question made cheap, asked every 20 ms, from a thread.

        Raises:
            DeliveryError: No answer came: offline, refused, reset, too slow, a
                certificate that does not verify, nonsense, or broken off.
        """
        reused = self._connection is not None
        self._holds = holds or _always
        try:
            return self._exchange(body, encoding, may_go_on)
        except _BROKEN_OFF as error:
            self.close()
            # A kept connection may have been closed by the server meanwhile. That the
            # report may arrive twice is harmless: servers store an event id once.
            if reused and may_go_on():
                return self._posted_again(body, encoding, may_go_on)
            raise self._failed(error) from error
        except (OSError, http.client.HTTPException, HTTPError) as error:
            self.close()
            raise self._failed(error) from error

    def _posted_again(
        self, body: bytes, encoding: Encoding, may_go_on: Callable[[], bool]
    ) -> Answer:
        try:
            return self._exchange(body, encoding, may_go_on)
        except (OSError, http.client.HTTPException, HTTPError) as error:
            self.close()
            raise self._failed(error) from error

    def _exchange(
        self, body: bytes, encoding: Encoding, may_go_on: Callable[[], bool]
    ) -> Answer:
        if self._connection is None:
            self._connection = self._connect()
        connection = self._connection
        before = self.wire_bytes
        limits = self._network.limits
        # The bandwidth cap alone may take longer than a server may.
        seconds = limits.total + len(body) / limits.bytes_per_second
        with self._watched(connection, seconds):
            connection.request(
                "POST",
                self._endpoint.path,
                body=self._paced(body, may_go_on),
                headers=self._headers(len(body), encoding),
                preload_content=False,
                decode_content=False,
            )
            response = connection.getresponse()
            content, whole = _read_bounded(response)
        if not whole or response.headers.get("Connection", "").lower() == "close":
            self.close()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, headers, content, self.wire_bytes - before)

    def _connect(self) -> HTTPConnection:
        endpoint, limits = self._endpoint, self._network.limits
        host, port, tunnel = endpoint.host, endpoint.port, None
        if self._network.proxy:
            tunnel = (host, port)
            host, port = proxy_address(self._network.proxy)
        seconds = float(limits.connect)
        connection: _Counted = (
            _CountedTls(host, port, timeout=seconds, ssl_context=self._context)
            if self._context
            else _Counted(host, port, timeout=seconds)
        )
        connection.count = self._count
        connection.holds = self._holds
        if tunnel is not None:
            # The scheme is that of the way to the proxy; TLS is end to end inside.
            connection.set_tunnel(*tunnel, scheme="http")
        try:
            with self._watched(connection, limits.total):
                connection.connect()
        except BaseException:
            connection.close()
            raise
        connection.timeout = limits.each_wait
        connection.sock.settimeout(limits.each_wait)
        return connection

    def _count(self, size: int) -> None:
        self.wire_bytes += size

    def _headers(self, length: int, encoding: Encoding) -> dict[str, str]:
        return {
            "Content-Type": "application/x-sentry-envelope",
            "Content-Encoding": encoding.value,
            "Content-Length": str(length),
            "Accept-Encoding": "identity",
            "User-Agent": CLIENT,
            "X-Sentry-Auth": "Sentry sentry_version=7,"
            f"sentry_client={CLIENT},sentry_key={self._endpoint.key}",
        }

    def _paced(self, body: bytes, may_go_on: Callable[[], bool]) -> Iterator[bytes]:
        for start in range(0, len(body), _CHUNK):
            chunk = body[start : start + _CHUNK]
            self._wait(self._bucket.wait_before(len(chunk), self._clock.monotonic()))
            if not may_go_on():
                raise OSError(WITHDRAWN)
            yield chunk

    def _wait(self, seconds: float) -> None:
        """Sleep, but not through a withdrawal: what is unsent goes when we close."""
        while seconds > 0:
            step = min(seconds, LOOK_SECONDS)
            self._clock.sleep(step)
            seconds -= step
            if not self._holds():
                raise OSError(WITHDRAWN)

    @contextlib.contextmanager
    def _watched(self, connection: HTTPConnection, seconds: float) -> Iterator[None]:
        """Reset the connection on withdrawal, and when the whole takes too long.

        Socket time-outs bound each wait, but a server that sends a byte now and then
        could hold us for hours. Shutting wakes whatever call is waiting.
        """
        dog = Watchdog(lambda: _shut(connection), seconds, self._holds)
        try:
            with dog:
                yield
        except (OSError, http.client.HTTPException, HTTPError) as error:
            _reset(connection)
            if dog.withdrawn:
                raise OSError(WITHDRAWN) from error
            raise
        if dog.late:
            # What was read by then may look like a whole answer without its headers.
            raise TimeoutError

    def _failed(self, error: Exception) -> DeliveryError:
        return DeliveryError(
            f"{self._endpoint.place} could not be used: {_in_words(error)}",
            hint="Nothing is lost: the reports are kept and sent later.",
        )


@contextlib.contextmanager
def opened(
    wire: Wire | None, endpoint: Endpoint, network: Network | None, clock: Clock
) -> Iterator[Wire]:
    """The wire that is given, left open; else one for as long as ``with`` lasts."""
    if wire is not None:
        yield wire
        return
    with Wire(endpoint, network or Network(), clock) as made:
        yield made


class _Counted(HTTPConnection):
    """Tells how many bytes it is given to write; is bounded in reaching its host."""

    count: Callable[[int], None]
    holds: Callable[[], bool]

    def send(self, data: bytes) -> None:  # type: ignore[override, explicit-override]
        """Count, then send."""
        self.count(len(data))
        super().send(data)

    def _new_conn(self) -> socket.socket:  # type: ignore[explicit-override]
        """In urllib3's place, whose look-up of the name nothing bounds."""
        seconds = self.timeout
        if not isinstance(seconds, float):
            raise TypeError("a connection of ours has a time-out")
        return reached(self._dns_host, self.port, seconds, _SOCKET_OPTIONS, self.holds)


class _CountedTls(_Counted, HTTPSConnection):
    """The same before bytes are encrypted."""


def _tls_context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise DeliveryError(
            f"the authority file {ca_file} cannot be read: {_in_words(error)}",
            hint="It must hold PEM certificates; see `ca_file` in config.toml.",
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _shut(connection: HTTPConnection) -> None:
    _reset(connection)
    sock = connection.sock
    if sock is not None:
        with contextlib.suppress(OSError):
            # Of the plain class: SSLSocket's own would pull the TLS state from under
            # the thread that is reading.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _reset(connection: HTTPConnection) -> None:
    """Let closing throw away what the kernel holds, instead of delivering it."""
    sock = connection.sock
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def _always() -> bool:
    return True


def _read_bounded(response: BaseHTTPResponse) -> tuple[bytes, bool]:
    """Read the body up to the bound; also whether that was all of it."""
    parts: list[bytes] = []
    room = _MAX_ANSWER_BYTES
    while room and (part := response.read(room)):
        parts.append(part)
        room -= len(part)
    return b"".join(parts), room > 0


def _in_words(error: Exception) -> str:
    """Why, for the person; of what a server wrote nothing is repeated."""
    for kind, words in _WORDS:
        if isinstance(error, kind):
            return words
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate does not verify ({error.verify_message})"
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "broken off").replace("_", " ").lower()
        return f"it does not speak TLS as it must ({reason})"
    if isinstance(error, OSError):
        # http.client has no class of its own for this.
        if str(error).startswith("Tunnel connection failed"):
            return "the proxy does not lead there"
        return error.strerror or str(error) or type(error).__name__
    return "its answer is not HTTP"


_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, "it is too slow"),
    (ReadTimeoutError, "it is too slow"),
    (http.client.RemoteDisconnected, "it closed the connection without an answer"),
    (ProtocolError, "its answer broke off"),
)
