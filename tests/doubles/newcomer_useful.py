"""What a report is read for: functions, lines, libraries, versions, addresses, ids."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

_CHOICES = {
    "func": (
        *("render_line", "_draw_cursor", "on_resize", "main_loop", "Screen.feed"),
        *("Parser.parse_osc", "handle_sigwinch", "<module>", "run_until_complete"),
        *("_run_once", "<lambda>", "__init__", "PtyChild.spawn", "decode_utf8"),
    ),
    "std": (
        *("asyncio/events.py", "threading.py", "json/decoder.py", "subprocess.py"),
        *("selectors.py", "importlib/_bootstrap.py", "encodings/utf_8.py"),
    ),
    "site": (
        *("gi/overrides/Gtk.py", "numpy/core/_methods.py", "wcwidth/wcwidth.py"),
        *("urllib3/connectionpool.py", "psutil/_pslinux.py", "yaml/scanner.py"),
    ),
    "nat": (
        *("g_main_context_iteration", "gtk_widget_draw", "PyEval_EvalFrameDefault"),
        *("PyObject_CallFunctionObjArgs", "__libc_start_main", "cairo_paint", "abort"),
        *("std::vector<int>::push_back", "vte::terminal::Terminal::feed"),
    ),
    "lib": ("libc.so.6", "libgtk-3.so.0.2404.29", "libvte-2.91.so.0", "libcairo.so.2"),
    "err": ("ValueError", "KeyError", "RuntimeError", "OSError", "UnicodeDecodeError"),
    "mod": ("pachyterm.render", "gi.repository.Gtk", "asyncio.base_events"),
    "sig": ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE"),
    "errno": ("ENOENT", "EACCES", "EPIPE", "EAGAIN"),
}
_BEFORE = {
    "std": ("/usr/lib/python3.9/", "/usr/lib/python3.12/"),
    "site": (
        "/usr/lib/python3/dist-packages/",
        "/opt/pachyterm/lib/python3.11/site-packages/",
    ),
    "lib": ("/usr/lib/x86_64-linux-gnu/",),
}
_UNMARKED = frozenset({"ts", "num", "pid"})
_HOLE = re.compile(r"\{([a-z]+)(\d*)\}|\[\[(.+?)\]\]")

INNOCENT = (
    '  File "{std}", line {line}, in {func}',
    '  File "{site}", line {line}, in {func}',
    "#3  {addr} in {nat} () from {lib}",
    "{ts}Z INFO {mod} loaded in 12 ms",
    "{err}: unsupported operand at {func}:{line}",
    "build-id: {sha}",
    "commit {sha}",
    "pachyterm {ver} (gtk {ver})",
    "request {uuid} done",
    "sha256:{sha}{short}  x.tar.gz",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) {chrome} Safari/537.36",
    "[12345.678901] usb 1-1: new high-speed USB device number 4 using xhci_hcd",
    "Signal: {sig} at {addr}",
    "libgtk-3-0 {ver} amd64",
    "thread 'main' panicked at src/grid.rs:{line}:9",
    "  at com.example.Grid.feed(Grid.java:{line})",
    "rax {addr} rbx {addr}",
    "TERM=xterm-256color",
    "LANG=en_US.UTF-8",
    "PYTHONHASHSEED=0",
    "numpy=={ver}",
    "warning: unused variable [-Wunused-variable]",
    "errno {errno}",
    "frame #2: {addr} libvte`{nat} + 42",
    "ja     491c <{nat}@plt+0x274>",
)
"""Lines that name nobody."""


def filled(chance: random.Random, template: str) -> tuple[str, list[str]]:
    """The text, and what of it must stay: what was filled in, or is in ``[[…]]``."""
    words: list[str] = []

    def fill(match: re.Match[str]) -> str:
        if match[3]:
            words.append(re.sub(r"\{[a-z]+\d*\}", lambda m: _fill(chance, m), match[3]))
            return words[-1]
        word = _value(chance, match[1])
        if word is None:
            return match[0]
        if match[1] not in _UNMARKED:
            words.append(word)
        return word

    return _HOLE.sub(fill, template), words


def _fill(chance: random.Random, match: re.Match[str]) -> str:
    return _value(chance, match[0].strip("{}0123456789")) or match[0]


def _value(chance: random.Random, kind: str) -> str | None:
    if kind in _CHOICES:
        before = chance.choice(_BEFORE.get(kind, ("",)))
        return before + chance.choice(_CHOICES[kind])
    day = f"2026-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}"
    numbers = {
        "line": str(chance.randrange(100, 4000)),
        "ver": f"{chance.randrange(1, 9)}.{chance.randrange(30)}.{chance.randrange(9)}",
        "addr": f"0x{chance.randrange(2**44, 2**47):016x}",
        "uuid": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "sha": f"{chance.getrandbits(160):040x}",
        "build": f"{chance.getrandbits(160):040x}",
        "short": f"{chance.getrandbits(28):07x}",
        "pid": str(chance.randrange(1000, 400000)),
        "num": str(chance.randrange(10000, 9999999)),
        "ts": f"{day}T{chance.randrange(24):02d}:10:11",
        "chrome": f"Chrome/{chance.randrange(90, 130)}.0.6045.105",
    }
    return numbers.get(kind)
