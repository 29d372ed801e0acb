"""A loopback server for envelopes that answers as told, badly where told.

It reads HTTP by hand and parses envelopes by itself: it shares no code with what it
tests. Like the real receivers it stores an event id once.
"""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import struct
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import zstandard

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "5ec7e75ec7e75ec7e75ec7e75ec7e750"


@dataclass(frozen=True)
class Reply:
    """How to treat one request.

    Attributes:
        status: HTTP status.
        headers: Extra header lines.
        body: Bytes to answer with; None: ``{"id": …}`` of the event.
        fault: ``reset``, ``stall``, ``close`` or ``call``, at ``phase``; empty: none.
        phase: ``accept`` (nothing read), ``head`` (request head read), ``body``
            (all read, nothing stored), ``stored`` (stored, no answer), ``half``
            (half the answer written). ``call`` calls ``Receiver.called`` and goes on.
        raw: Bytes to write instead of an answer.
        drip: Write the answer a byte at each turn of ``Receiver.tick``.
        hangs_up: Close after the answer, which did not say so; ``Receiver.hung_up``
            is set then.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    fault: str = ""
    phase: str = ""
    raw: bytes = b""
    drip: bool = False
    hangs_up: bool = False


@dataclass(frozen=True)
class Request:
    """A request as it arrived. ``envelope`` is the decoded body."""

    line: str
    headers: dict[str, str]
    body: bytes = field(repr=False)
    envelope: bytes = field(repr=False)

    @property
    def event_id(self) -> str:
        """From the envelope's header."""
        return json.loads(self.envelope.split(b"\n", 1)[0])["event_id"]


class Receiver:
    """Serves until closed; ``replies`` are used up one by one, then ``usual``."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, zstd: bool = True) -> None:
        self.replies: list[Reply] = []
        self.usual = Reply()
        self.requests: list[Request] = []
        self.stored: Counter[str] = Counter()
        self.connections = 0
        self.called: Callable[[], object] = list
        self.received_bytes = 0
        self.closing = threading.Event()
        self.hung_up = threading.Event()
        self.lock = threading.Lock()
        self._zstd = zstd
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._serve = threading.Thread(target=self._accept, daemon=True)

    @property
    def dsn(self) -> str:
        """Where to send to."""
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{KEY}@127.0.0.1:{self.port}/1"

    def __enter__(self) -> Self:
        self._serve.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.closing.set()
        # Closing a listener does not wake a thread in accept; shutting it down does.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._serve.join(10)
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._talk, args=[peer], daemon=True)
            self._threads.append(thread)
            thread.start()

    def _talk(self, peer: socket.socket) -> None:
        peer.settimeout(20)
        try:
            if self._tls is not None:
                peer = self._tls.wrap_socket(peer, server_side=True)
            with peer, peer.makefile("rb") as stream:
                while not self.closing.is_set() and self._one(peer, stream):
                    pass
        except (OSError, ValueError, EOFError):
            peer.close()

    def _next_reply(self) -> Reply:
        with self.lock:
            return self.replies.pop(0) if self.replies else self.usual

    def _one(self, peer: socket.socket, stream) -> bool:
        line = b""
        reply = Reply()
        peeked = stream.peek(1)
        if not peeked:
            return False
        reply = self._next_reply()
        if self._fault(peer, reply, "accept"):
            return False
        line = stream.readline()
        if b" HTTP/1." not in line:
            raise ValueError("TLS, perhaps: the next end of a line may never come")
        headers: dict[str, str] = {}
        while (raw := stream.readline()) not in (b"\r\n", b""):
            name, _, value = raw.decode().partition(":")
            headers[name.strip().lower()] = value.strip()
        if self._fault(peer, reply, "head"):
            return False
        body = stream.read(int(headers["content-length"]))
        if len(body) < int(headers["content-length"]):
            return False
        self.received_bytes += len(body)
        if self._fault(peer, reply, "body"):
            return False
        return self._answer(peer, reply, line.decode().strip(), headers, body)

    def _answer(self, peer, reply, line, headers, body) -> bool:
        decoded = self._decode(headers.get("content-encoding", ""), body)
        if decoded is None:
            return self._write(peer, Reply(400, body=b'{"detail":"not UTF-8"}'), "")
        request = Request(line, headers, body, decoded)
        with self.lock:
            self.requests.append(request)
            if reply.status == 200 and not reply.raw:
                self.stored[request.event_id] += 1
        if self._fault(peer, reply, "stored"):
            return False
        return self._write(peer, reply, request.event_id)

    def _write(self, peer, reply: Reply, event_id: str) -> bool:
        body = reply.body
        if body is None:
            body = json.dumps({"id": event_id}).encode()
        lines = [
            f"HTTP/1.1 {reply.status} Reason",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in reply.headers),
        ]
        data = reply.raw or "\r\n".join([*lines, "", ""]).encode() + body
        if reply.phase == "half":
            peer.sendall(data[: len(data) // 2])
            if self._fault(peer, reply, "half"):
                return False
            data = data[len(data) // 2 :]
        if reply.drip:
            for position in range(len(data)):
                peer.sendall(data[position : position + 1])
                if self.closing.wait(0.05):
                    return False
        peer.sendall(data)
        if reply.hangs_up:
            peer.shutdown(socket.SHUT_RDWR)
            self.hung_up.set()
        return not (reply.raw or reply.hangs_up)

    def _fault(self, peer, reply: Reply, phase: str) -> bool:
        if reply.phase != phase or not reply.fault:
            return False
        if reply.fault == "call":
            self.called()
            return False
        if reply.fault == "stall":
            self.closing.wait(20)
        elif reply.fault == "reset":
            linger = struct.pack("ii", 1, 0)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if isinstance(peer, ssl.SSLSocket) or reply.fault != "reset":
            peer.shutdown(socket.SHUT_RDWR)
        peer.close()
        return True

    def _decode(self, encoding: str, body: bytes) -> bytes | None:
        if encoding == "gzip":
            return gzip.decompress(body)
        if encoding == "zstd" and self._zstd:
            return zstandard.ZstdDecompressor().decompress(body)
        return None if encoding else body
