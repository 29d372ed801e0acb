"""A message bus of its own, and on it something that answers as NetworkManager does.

The bus is a real ``dbus-daemon``. What answers speaks D-Bus by hand, as much of it as
the D-Bus specification asks of one property: it shares no code with what it tests.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import struct
import subprocess
import threading
from typing import TYPE_CHECKING, Self

from tests.doubles.requirement import require

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "org.freedesktop.NetworkManager"
_CALL, _RETURN = 1, 2
_PATH, _INTERFACE, _MEMBER, _REPLY, _DESTINATION, _SENDER, _SIGNATURE = (
    *(1, 2, 3, 5, 6, 7, 8),
)
_CONFIGURATION = """
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="false"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
"""


@contextlib.contextmanager
def message_bus(folder: Path) -> Iterator[str]:
    """A bus for as long as ``with`` lasts; yields its address."""
    tool = shutil.which("dbus-daemon")
    require(tool, "dbus-daemon is missing", "apt-get install dbus-x11")
    place = folder / "bus"
    configuration = folder / "bus.conf"
    configuration.write_text(_CONFIGURATION.format(path=place))
    process = subprocess.Popen(
        [tool, f"--config-file={configuration}", "--nofork", "--print-address=1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline(), "it says its address when it listens"
        yield f"unix:path={place}"
    finally:
        process.kill()
        process.communicate()


class MeteredTeller:
    """Owns NetworkManager's name on a bus and tells one number for each property.

    Attributes:
        asked: Members that were called, in their order.
        silent: Take the questions and never answer.
    """

    def __init__(self, address: str, metered: int, *, silent: bool = False) -> None:
        self.asked: list[str] = []
        self._metered = metered
        self._silent = silent
        self._serial = 0
        self._peer = socket.socket(socket.AF_UNIX)
        self._peer.connect(address.removeprefix("unix:path="))
        self._stream = self._peer.makefile("rb")
        uid = str(os.getuid()).encode().hex()
        self._peer.sendall(f"\0AUTH EXTERNAL {uid}\r\n".encode())
        assert self._stream.readline().startswith(b"OK")
        self._peer.sendall(b"BEGIN\r\n")
        self._call("Hello")
        name = _text(NAME)
        name += b"\0" * (-len(name) % 4)
        self._call("RequestName", name + struct.pack("<I", 0), "su")
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        with contextlib.suppress(OSError):
            self._peer.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._stream.close()
        self._peer.close()

    def _call(self, member: str, body: bytes = b"", signature: str = "") -> None:
        bus = "org.freedesktop.DBus"
        fields = [(_PATH, "o", "/org/freedesktop/DBus"), (_INTERFACE, "s", bus)]
        fields += [(_MEMBER, "s", member), (_DESTINATION, "s", bus)]
        self._send(_CALL, fields, body, signature)
        while self._read()[0] != _RETURN:
            pass  # signals, of names that change hands

    def _serve(self) -> None:
        with contextlib.suppress(OSError, EOFError):
            while True:
                kind, serial, fields = self._read()
                if kind != _CALL:
                    continue
                self.asked.append(fields[_MEMBER])
                if not self._silent:
                    self._answer(serial, fields[_SENDER])

    def _answer(self, serial: int, sender: str) -> None:
        fields = [(_REPLY, "u", serial), (_DESTINATION, "s", sender)]
        variant = b"\x01u\0\0" + struct.pack("<I", self._metered)
        self._send(_RETURN, fields, variant, "v")

    def _send(self, kind: int, fields: list, body: bytes, signature: str) -> None:
        self._serial += 1
        if signature:
            fields = [*fields, (_SIGNATURE, "g", signature)]
        packed = b""
        for code, form, value in fields:
            packed += b"\0" * (-len(packed) % 8)
            packed += bytes([code, 1]) + form.encode() + b"\0"
            if form == "u":
                packed += struct.pack("<I", value)
            elif form == "g":
                packed += bytes([len(value)]) + value.encode() + b"\0"
            else:
                packed += _text(value)
        head = struct.pack("<cBBBII", b"l", kind, 0, 1, len(body), self._serial)
        head += struct.pack("<I", len(packed)) + packed
        self._peer.sendall(head + b"\0" * (-len(head) % 8) + body)

    def _read(self) -> tuple[int, int, dict[int, str]]:
        """Type, serial and the textual fields of the next message."""
        head = self._exactly(16)
        order = "<" if head[:1] == b"l" else ">"
        size, serial, length = struct.unpack(f"{order}III", head[4:16])
        fields = self._exactly(length + -length % 8)
        self._exactly(size)
        return head[1], serial, _texts_in(fields[:length], order)

    def _exactly(self, size: int) -> bytes:
        data = self._stream.read(size)
        if len(data) < size:
            raise EOFError
        return data


def _text(value: str) -> bytes:
    """A string as D-Bus has it."""
    data = value.encode()
    return struct.pack("<I", len(data)) + data + b"\0"


def _texts_in(fields: bytes, order: str) -> dict[int, str]:
    found = {}
    at = 0
    while at < len(fields):
        at += -at % 8
        code, form = fields[at], chr(fields[at + 2])
        at += 4
        if form == "g":
            at += fields[at] + 2
        elif form == "u":
            at += 4
        else:
            (size,) = struct.unpack_from(f"{order}I", fields, at)
            found[code] = fields[at + 4 : at + 4 + size].decode()
            at += 4 + size + 1
    return found
