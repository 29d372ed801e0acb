"""A TCP forwarder that counts: how often somebody connected, and each byte sent."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self


class CountingProxy:
    """Forwards a loopback port of its own to another; counts what clients send.

    With ``answers_connect`` it is an HTTP proxy: a client must first say CONNECT; what
    it asks for is kept in ``asked``, and it is led to the target whatever it asks.
    """

    def __init__(self, target_port: int, *, answers_connect: bool = False) -> None:
        self.asked: list[str] = []
        self._answers_connect = answers_connect
        self.connections = 0
        self.bytes_sent = 0
        self._target = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *exc: object) -> None:
        for sock in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for sock in (self._listener, *self._open):
            sock.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            if self._answers_connect:
                self._welcome(client)
            server = socket.create_connection(("127.0.0.1", self._target))
            self._open += [client, server]
            for pair in ((client, server, True), (server, client, False)):
                thread = threading.Thread(target=self._pump, args=pair, daemon=True)
                self._threads.append(thread)
                thread.start()

    def _welcome(self, client: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.recv(1)
        self.asked.append(head.decode())
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")

    def _pump(self, source: socket.socket, sink: socket.socket, up: bool) -> None:
        try:
            while data := source.recv(65_536):
                if up:
                    self.bytes_sent += len(data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return
