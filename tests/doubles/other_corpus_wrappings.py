"""How the second corpus hides a fact: codecs, formats, and the lines around it."""

from __future__ import annotations

import base64
import binascii
import html
import json
import quopri
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    import random

Wrap = Callable[[str], str]


def _escaped(text: str) -> str:
    return "".join(
        c
        if " " <= c <= "~" and c != "\\"
        else f"\\u{ord(c):04x}"
        if ord(c) < 0x10000
        else f"\\U{ord(c):08x}"
        for c in text
    )


def _all_escaped(text: str) -> str:
    return "".join(f"\\u{ord(c):04x}" for c in text if ord(c) < 0x10000)


def _all_hex_escaped(text: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in text.encode())


def _quoted_printable(text: str) -> str:
    return quopri.encodestring(text.encode()).decode().replace("=\n", "")


def _entities(text: str) -> str:
    return "".join(
        f"&#{ord(c)};" if not c.isalnum() or not c.isascii() else c for c in text
    )


def _hex_entities(text: str) -> str:
    return "".join(f"&#x{ord(c):X};" for c in text)


def _base64_of(codec: str, *, safe: bool = False) -> Wrap:
    encode = base64.urlsafe_b64encode if safe else base64.b64encode

    def wrap(text: str) -> str:
        return encode(text.encode(codec, "surrogatepass")).decode()

    return wrap


WRAPS: dict[str, Wrap] = {
    "plain": str,
    "json": json.dumps,
    "json utf-8": lambda text: json.dumps(text, ensure_ascii=False),
    "json in json": lambda text: json.dumps(json.dumps({"k": text})),
    "json in json in json": lambda text: json.dumps(json.dumps(json.dumps([text]))),
    "repr": repr,
    "repr of bytes": lambda text: repr(text.encode()),
    "ascii": ascii,
    "percent": lambda text: quote(text, safe=""),
    "percent, slashes kept": quote,
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "percent in json": lambda text: json.dumps({"u": quote(text, safe="")}),
    "entities": _entities,
    "hexadecimal entities": _hex_entities,
    "html": html.escape,
    "html twice": lambda text: html.escape(html.escape(text)),
    "escapes": _escaped,
    "nothing but escapes": _all_escaped,
    "hexadecimal escapes": _all_hex_escaped,
    "quoted-printable": _quoted_printable,
    "base64": _base64_of("utf-8"),
    "base64 for URLs": _base64_of("utf-8", safe=True),
    "base64 of UTF-16": _base64_of("utf-16-le"),
    "base64 of UTF-16 with its mark": _base64_of("utf-16"),
    "base64 of base64": lambda text: base64.b64encode(
        base64.b64encode(text.encode())
    ).decode(),
    "base64 of json": lambda text: base64.b64encode(
        json.dumps({"k": text}).encode()
    ).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "capital hexadecimal": lambda text: text.encode().hex().upper(),
    "NUL between": "\0".join,
    "NFD": lambda text: unicodedata.normalize("NFD", text),
}

_TEXTUAL = tuple(name for name in WRAPS if "NUL" not in name)

# Lines around a fact; {} is the wrapped fact. What must stay is found by the marks.
_FRAMES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("{}", ()),
    ("  {}", ()),
    ("pachyterm: {}", ("pachyterm",)),
    ("2026-11-22T10:00:00Z ERROR [pachyterm.pty] {}", ("pachyterm.pty",)),
    (
        "[   12.345678] traps: {} ip:7f3a1b2c3d4e sp:7ffd1a2b3c4d error:4",
        ("7f3a1b2c3d4e",),
    ),
    ("ValueError: {}", ("ValueError",)),
    ("RuntimeError({})", ("RuntimeError",)),
    ("    raise Broken({})", ("raise Broken",)),
    ("    x = {}  # line 77", ("line 77",)),
    ("x: {},", ()),
    ("[INFO] {} (build 4f2a91c)", ("4f2a91c",)),
    ("<string>{}</string>", ("<string>",)),
    ("\t- {}", ()),
    ("a;{};b", ()),
    ("E   AssertionError: {}", ("AssertionError",)),
    ('execve("/usr/bin/env", [{}]) = 0', ("/usr/bin/env",)),
    ("note {} end 0x00007f1234567890", ("0x00007f1234567890",)),
)

# What must never change, as a report has it; written as no other corpus does.
_USEFUL = (
    (
        "#0  0x00007f8a3c1d2e40 in raise () from /lib/x86_64-linux-gnu/libc.so.6",
        ("0x00007f8a3c1d2e40", "raise ()", "/lib/x86_64-linux-gnu/libc.so.6"),
    ),
    ("#3 <signal handler called>", ("#3 <signal handler called>",)),
    (
        '  File "/usr/lib/python3.12/concurrent/futures/thread.py", line 58, in run',
        ("/usr/lib/python3.12/concurrent/futures/thread.py", "line 58", "run"),
    ),
    (
        '  File "<frozen importlib._bootstrap>", line 1204, in _gcd_import',
        ("importlib._bootstrap", "line 1204", "_gcd_import"),
    ),
    (
        '  File "/usr/local/lib/python3.11/site-packages/gi/overrides/Gtk.py", line 520 in main',  # noqa: E501 - one line of a report
        (
            "/usr/local/lib/python3.11/site-packages/gi/overrides/Gtk.py",
            "line 520 in main",
        ),
    ),
    (
        "7f3a1b2c3000-7f3a1b2c4000 r-xp 00000000 08:01 1311 /usr/lib/x86_64-linux-gnu/libvte-2.91.so.0",  # noqa: E501 - one line of a report
        ("7f3a1b2c3000-7f3a1b2c4000", "libvte-2.91.so.0"),
    ),
    (
        "GNU C Library (Debian GLIBC 2.36-9+deb12u4) stable release version 2.36.",
        ("2.36-9+deb12u4", "2.36"),
    ),
    (
        "BuildID[sha1]=7b4536f41cdaa5888408e82d0836e33dcf436466",
        ("7b4536f41cdaa5888408e82d0836e33dcf436466",),
    ),
    (
        "Thread 0x00007fd2c4d3f700 (most recent call first):",
        ("0x00007fd2c4d3f700", "most recent call first"),
    ),
    ("Fatal Python error: Segmentation fault", ("Segmentation fault",)),
    (
        "trace 9f8c0b62-7e44-4a1c-8a55-0c2d4bb0e9a1 span 00f067aa0ba902b7",
        ("9f8c0b62-7e44-4a1c-8a55-0c2d4bb0e9a1", "00f067aa0ba902b7"),
    ),
    (
        "rax 0x0 rbx 0x55d0f3a12c40 rip 0x55d0f1e2a1b0 eflags 0x10246 [ PF ZF IF RF ]",
        ("0x55d0f3a12c40", "0x55d0f1e2a1b0", "0x10246"),
    ),
    (
        "pip 24.0 setuptools 69.5.1 numpy 1.26.4 torch 2.3.0+cu121",
        ("24.0", "69.5.1", "1.26.4", "2.3.0+cu121"),
    ),
    (
        "_ZNSt6vectorIiSaIiEE9push_backERKi+0x2f (libengine.so)",
        ("_ZNSt6vectorIiSaIiEE9push_backERKi", "libengine.so"),
    ),
    (
        "core::ptr::drop_in_place<alloc::string::String>::h3b0a5c1de2f4a678",
        ("drop_in_place",),
    ),
    (
        "TypeError: unsupported operand type(s) for +: 'int' and 'str'",
        ("unsupported operand", "'int' and 'str'"),
    ),
    (
        "KeyError in asyncio.tasks.Task.__step at line 277",
        ("asyncio.tasks.Task.__step", "line 277"),
    ),
    (
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",),
    ),
    (
        "Linux 6.1.0-18-amd64 x86_64 CPython 3.11.7 GTK 3.24.38 VTE 0.70.6",
        ("6.1.0-18-amd64", "3.11.7", "3.24.38", "0.70.6"),
    ),
    ("  at renderFrame (webpack:///./src/screen.ts:188:24)", ("renderFrame", "188:24")),
    (
        "thread 'main' panicked at src/grid.rs:412:9: index out of bounds",
        ("src/grid.rs:412:9", "index out of bounds"),
    ),
    (
        "frame_time_ms p50=4.2 p99=18.7 dropped=3 rows=48 cols=160",
        ("p50=4.2", "p99=18.7", "rows=48"),
    ),
)


def useful_line(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """A line that names nobody, and what of it must survive."""
    return rng.choice(_USEFUL)


def placed(
    rng: random.Random, fact: str, *, is_line: bool
) -> tuple[str, str, tuple[str, ...]]:
    """A fact, wrapped, in a line: the wrapping's name, the line, what must stay."""
    name = rng.choice(_TEXTUAL) if rng.random() < 0.7 else "plain"
    if is_line and name == "plain":
        return name, fact, ()
    frame, keep = rng.choice(_FRAMES)
    return name, frame.replace("{}", WRAPS[name](fact)), keep


def readings(text: str, depth: int = 3) -> Iterator[str]:
    """The text, and all it becomes when one way of writing after another is undone."""
    yield text
    if depth == 0:
        return
    for undo in (unquote, html.unescape, _without_escapes, _unquoted, _visible):
        other = undo(text)
        if other != text:
            yield from readings(other, depth - 1)
    for word in re.findall(r"[A-Za-z0-9+/_=-]{8,}", text):
        yield from _decoded(word, depth)


def still_readable(output: str, secrets: tuple[str, ...]) -> list[str]:
    """Which secrets can be read in a scrubbed text."""
    seen = [_flat(reading) for reading in readings(output)]
    return [s for s in secrets if _flat(s) and any(_flat(s) in each for each in seen)]


def _flat(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _without_escapes(text: str) -> str:
    def letter(match: re.Match[str]) -> str:
        return chr(min(int(next(filter(None, match.groups())), 16), 0x10FFFF))

    pattern = r"\\x([0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})"
    found = re.sub(pattern, letter, text)
    return found.replace('\\"', '"').replace("\\'", "'").replace("\\\\", "\\")


def _unquoted(text: str) -> str:
    if not re.search("=[0-9A-F]{2}", text):
        return text
    return quopri.decodestring(text.encode()).decode("utf-8", "replace")


def _visible(text: str) -> str:
    return "".join(
        letter for letter in text if unicodedata.category(letter) not in {"Cf", "Cc"}
    )


def _decoded(word: str, depth: int) -> Iterator[str]:
    raws = []
    if re.fullmatch(r"(?:[0-9a-fA-F]{2})+", word):
        raws.append(bytes.fromhex(word))
    body = word.rstrip("=").replace("-", "+").replace("_", "/")
    for skip in range(4):
        part = body[skip:]
        try:
            raws.append(base64.b64decode(part[: len(part) & ~3] or "AAAA"))
            raws.append(base64.b64decode(part + "=" * (-len(part) % 4)))
        except (binascii.Error, ValueError):
            continue
    for raw in raws:
        for codec in ("utf-8", "utf-16-le"):
            text = raw.decode(codec, "ignore")
            if len(text) > 3:
                yield from readings(text, depth - 1) if depth > 1 else (text,)
