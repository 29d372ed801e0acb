"""Where a value may stand: each carrier writes it as its own format would."""

from __future__ import annotations

import base64
import html
import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable  # noqa: I001 - a pattern or table reads better whole
    import random
    from tests.doubles.corpus_people import Planting

FUNCTIONS = (
    "render_frame",
    "handle_event",
    "_dispatch",
    "run_until_complete",
    "paintEvent",
    "resize",
    "<module>",
    "__call__",
    "draw_glyphs",
    "on_key_press",
    "read_pty",
    "parse_escape",
    "lambda_handler",
)
LIBRARIES = (
    "/usr/lib/python3.11/asyncio/base_events.py",
    "/usr/lib/python3/dist-packages/gi/overrides/Gtk.py",
    "/usr/local/lib/python3.12/site-packages/requests/adapters.py",
    "/usr/lib/python3.13/json/decoder.py",
    "<stdlib>/threading.py",
    "<site-packages>/pyte/screens.py",
    "<app>/window.py",
    "/usr/lib/x86_64-linux-gnu/libc.so.6",
    "/lib/x86_64-linux-gnu/libpthread-2.31.so",
    "/usr/lib64/libpython3.11.so.1.0",
    "/opt/pachyterm/lib/libvte-2.91.so.0",
)
VERSIONS = ("3.11.7", "2.75.0", "v1.24.3", "6.1.0-18-amd64", "0.4.3rc1", "22.04")
MODULES = (
    "pachyterm.window",
    "asyncio.events",
    "urllib3.connectionpool",
    "gi.repository.Gtk",
    "pyte.screens",
)


def innocent_lines(rng: random.Random) -> tuple[list[str], list[str]]:
    """Some lines of a crash report that name nobody, and what is useful in them."""
    lines: list[str] = []
    useful: list[str] = []
    for _ in range(rng.randrange(1, 5)):
        line, tokens = rng.choice(_INNOCENT)(rng)
        lines.append(line)
        useful += tokens
    return lines, useful


def _frame(rng: random.Random) -> tuple[str, list[str]]:
    path, number, name = (
        rng.choice(LIBRARIES),
        rng.randrange(1, 4000),
        rng.choice(FUNCTIONS),
    )
    return f'  File "{path}", line {number}, in {name}', [path, f"line {number}", name]


def _faulthandler_frame(rng: random.Random) -> tuple[str, list[str]]:
    path, number, name = (
        rng.choice(LIBRARIES),
        rng.randrange(1, 4000),
        rng.choice(FUNCTIONS),
    )
    return f'  File "{path}", line {number} in {name}', [
        path,
        f"line {number} in {name}",
    ]


def _log(rng: random.Random) -> tuple[str, list[str]]:
    module, number = rng.choice(MODULES), rng.randrange(1, 400)
    return (
        f"2026-11-{rng.randrange(10, 30)} 12:{rng.randrange(10, 60)}:07,123 INFO {module}: frame took {number} ms",  # noqa: E501 - a pattern or table reads better whole
        [module, f"{number} ms"],
    )


def _registers(rng: random.Random) -> tuple[str, list[str]]:
    rip, rsp = f"0x{rng.getrandbits(47):016x}", f"0x{rng.getrandbits(47):x}"
    return f"RIP: {rip} RSP: {rsp} signal 11 (SIGSEGV)", [rip, rsp, "SIGSEGV"]


def _ids(rng: random.Random) -> tuple[str, list[str]]:
    uuid = f"{rng.getrandbits(32):08x}-{rng.getrandbits(16):04x}-4{rng.getrandbits(12):03x}-a{rng.getrandbits(12):03x}-{rng.getrandbits(48):012x}"  # noqa: E501 - a pattern or table reads better whole
    build = f"{rng.getrandbits(160):040x}"
    return f"report {uuid} module libc.so.6 build-id {build}", [
        uuid,
        build,
        "libc.so.6",
    ]


def _versions(rng: random.Random) -> tuple[str, list[str]]:
    one, two = rng.choice(VERSIONS), rng.choice(VERSIONS)
    return f"pachyterm {one} on Python {two}, sha256 {rng.getrandbits(256):064x}", [
        one,
        two,
        "sha256",
    ]


def _native(rng: random.Random) -> tuple[str, list[str]]:
    address, offset = f"0x{rng.getrandbits(47):x}", rng.randrange(1, 4096)
    name = rng.choice(
        [
            "g_main_context_iteration",
            "_ZN4core3fmt9Formatter12pad_integral17h5b8e4f2a9c1d3e7fE",
            "__memcpy_avx_unaligned_erms",
            "vte_terminal_feed",
        ]
    )
    return f"#{rng.randrange(40)} {address} in {name}+{offset} from libvte-2.91.so.0", [
        address,
        name,
        f"+{offset}",
    ]


def _error(rng: random.Random) -> tuple[str, list[str]]:
    name = rng.choice(
        ["ValueError", "RuntimeError", "UnicodeDecodeError", "IndexError"]
    )
    return f"{name}: list index {rng.randrange(99)} out of range", [
        name,
        "out of range",
    ]


_INNOCENT = (
    _frame,
    _faulthandler_frame,
    _log,
    _registers,
    _ids,
    _versions,
    _native,
    _error,
)


@dataclass(frozen=True, slots=True)
class Carrier:
    """One format; ``kinds`` lists the plantings it can hold, empty for most."""

    name: str
    write: Callable[[random.Random, str], tuple[str, list[str]]]
    kinds: frozenset[str] = frozenset()

    def takes(self, planting: Planting) -> bool:
        if self.kinds:
            return planting.kind in self.kinds
        return planting.kind not in {"block", "line", "control"}


def _simple(
    template: str, *useful: str, escape: Callable[[str], str] = str
) -> Callable[[random.Random, str], tuple[str, list[str]]]:
    return lambda _rng, surface: (template.replace("{}", escape(surface)), list(useful))


def _json(ascii_only: bool) -> Callable[[random.Random, str], tuple[str, list[str]]]:
    def write(rng: random.Random, surface: str) -> tuple[str, list[str]]:
        number = rng.randrange(1, 999)
        text = json.dumps(
            {
                "event": "failed",
                "message": surface,
                "lineno": number,
                "function": "draw_glyphs",
            },
            ensure_ascii=ascii_only,
        )
        return text, [f'"lineno": {number}', "draw_glyphs"]

    return write


def _json_in_json(rng: random.Random, surface: str) -> tuple[str, list[str]]:
    inner = json.dumps({"detail": surface})
    return json.dumps({"body": inner, "status": 500}), ['"status": 500']


def _pretty_json(rng: random.Random, surface: str) -> tuple[str, list[str]]:
    return json.dumps(
        {"version": "3.11.7", "context": {"detail": surface}}, indent=2
    ), ["3.11.7"]


def _traceback(rng: random.Random, surface: str) -> tuple[str, list[str]]:
    number, name = rng.randrange(1, 999), rng.choice(FUNCTIONS)
    return f'  File "{surface}", line {number}, in {name}', [f"line {number}", name]


def _pyspy(rng: random.Random, surface: str) -> tuple[str, list[str]]:
    frame = {
        "name": "paintEvent",
        "filename": surface,
        "module": None,
        "short_filename": "x.py",
        "line": 77,
        "locals": None,
    }
    return json.dumps(
        [{"pid": 4242, "thread_name": "MainThread", "frames": [frame]}]
    ), ["paintEvent", "MainThread", '"line": 77']


def _ascii_escape(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode("ascii")


def _octal(text: str) -> str:
    return "".join(chr(b) if b < 128 else f"\\{b:03o}" for b in text.encode())


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _utf16(text: str) -> str:
    return "".join(f"{character}\x00" for character in text)


CARRIERS = (
    Carrier(
        "log",
        _simple(
            "2026-11-22 10:00:00,123 ERROR pachyterm.window: cannot use {} now",
            "pachyterm.window",
        ),
    ),
    Carrier(
        "exception",
        _simple(
            "OSError: [Errno 2] No such thing: {}", "OSError", "[Errno 2]", escape=repr
        ),
    ),
    Carrier("exception_plain", _simple("RuntimeError: bad thing {}", "RuntimeError")),
    Carrier("json", _json(ascii_only=True)),
    Carrier("json_utf8", _json(ascii_only=False)),
    Carrier("json_in_json", _json_in_json),
    Carrier("json_pretty", _pretty_json),
    Carrier(
        "shell",
        _simple("+ /usr/bin/env true --open {}", "/usr/bin/env", escape=shlex.quote),
        frozenset({"path", "uri"}),
    ),
    Carrier("ini", _simple("target = {}")),
    Carrier(
        "yaml", _simple('target: "{}"', escape=lambda text: text.replace("\\", "\\\\"))
    ),
    Carrier("toml", _simple("target = '{}'")),
    Carrier(
        "percent",
        _simple(
            "GET /open?x={} HTTP/1.1",
            "HTTP/1.1",
            escape=lambda text: quote(text, safe=""),
        ),
    ),
    Carrier(
        "percent_twice",
        _simple(
            "referer: {}", escape=lambda text: quote(quote(text, safe=""), safe="")
        ),
    ),
    Carrier(
        "faulthandler",
        _simple('  File "{}", line 4 in run', "line 4 in run", escape=_ascii_escape),
        frozenset({"path"}),
    ),
    Carrier("traceback", _traceback, frozenset({"path"})),
    Carrier("pyspy", _pyspy, frozenset({"path"})),
    Carrier("octal", _simple('renamed "{}"', "renamed", escape=_octal)),
    Carrier("base64", _simple("payload {} end", "payload", escape=_base64)),
    Carrier("xml", _simple("<item>{}</item>", "<item>", escape=html.escape)),
    Carrier("csv", _simple('7,"{}",done', "done")),
    Carrier("markdown", _simple("| value | {} |", "value")),
    Carrier("ansi", _simple("\x1b[31m{}\x1b[0m failed", "failed")),
    Carrier("utf16", _simple("w {}", escape=_utf16)),
    Carrier(
        "maps",
        _simple(
            "7f3a1b2c3000-7f3a1b2c4000 r-xp 00000000 08:01 1234 {}",
            "7f3a1b2c3000-7f3a1b2c4000 r-xp",
        ),
        frozenset({"path"}),
    ),
    Carrier(
        "alone",
        _simple("{}"),
        frozenset({"line", "block", "control", "value", "path", "uri"}),
    ),
    Carrier(
        "json_line", _json(ascii_only=True), frozenset({"block", "control", "line"})
    ),
    Carrier("indented", _simple("    {}"), frozenset({"line"})),
    Carrier(
        "console", _simple("pachyterm: {} ok", "pachyterm"), frozenset({"control"})
    ),
)
