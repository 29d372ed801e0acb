"""A server that takes a request a few bytes at a time, and knows when each came."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import ssl


class SlowReader:
    """Reads at most ``piece`` bytes, ``seconds`` apart; never answers.

    After ``stall_after`` bytes it reads no more. Its receive buffer is as small as the
    kernel allows, so that what it read is what the client could write, but for a few
    kilobytes.

    Attributes:
        arrivals: (monotonic time, bytes read so far), one for each read.
        ended: Set when the connection ended.
    """

    def __init__(
        self,
        *,
        piece: int = 256,
        seconds: float = 0.005,
        stall_after: int | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.arrivals: list[tuple[float, int]] = []
        self.received = b""
        self.ended = threading.Event()
        self._piece = piece
        self._seconds = seconds
        self._stall_after = stall_after
        self._tls = tls
        self._stop = threading.Event()
        self._wanted = threading.Condition()
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def dsn(self, key: str = "5ec7e75ec7e75ec7e75ec7e75ec7e750") -> str:
        """Where to send to."""
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{key}@127.0.0.1:{self.port}/1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def wait_for(self, count: int, deadline: float = 20.0) -> None:
        """Wait until that many bytes were read."""
        with self._wanted:
            there = self._wanted.wait_for(
                lambda: len(self.received) >= count, timeout=deadline
            )
        assert there, f"only {len(self.received)} bytes came"

    def _serve(self) -> None:
        try:
            peer, _ = self._listener.accept()
            peer.settimeout(20)
            if self._tls is not None:
                peer = self._tls.wrap_socket(peer, server_side=True)
            with peer:
                self._read(peer)
        except OSError:
            pass
        self.ended.set()

    def _read(self, peer: socket.socket) -> None:
        while not self._stop.wait(self._seconds):
            if self._stall_after is not None and len(self.received) > self._stall_after:
                self._stop.wait(30)
                return
            data = peer.recv(self._piece)
            if not data:
                return
            with self._wanted:
                self.received += data
                self.arrivals.append((time.monotonic(), len(self.received)))
                self._wanted.notify_all()
