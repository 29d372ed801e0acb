"""Ways to write a value as a carrier wants it, and a whole text inside another."""

from __future__ import annotations

import base64
import html
import json
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable

    _Wrap = Callable[[str], str]

_QUOTES = str.maketrans({each: f"\\{each}" for each in '\\"$`'})


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _quoted_printable(text: str) -> str:
    return "".join(
        chr(byte) if byte < 128 and chr(byte).isalnum() else f"={byte:02X}"
        for byte in text.encode()
    )


def _octal(text: str) -> str:
    return "".join(
        chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}" for byte in text.encode()
    )


def _wide(text: str) -> str:
    return "".join(f"\\u{ord(each):04x}" if ord(each) < 65536 else "?" for each in text)


ESCAPES: dict[str, _Wrap] = {
    "none": lambda text: text,
    "json": _json,
    "jsonu": lambda text: json.dumps(text)[1:-1],
    "jsonjson": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "py": lambda text: repr(text)[1:-1],
    "pyb": lambda text: repr(text.encode())[2:-1],
    "xml": html.escape,
    "sh": lambda text: text.translate(_QUOTES),
    "sql": lambda text: text.replace("'", "''"),
    "csv": lambda text: text.replace('"', '""'),
    "pct": lambda text: quote(text, safe=""),
    "pct2": lambda text: quote(quote(text, safe=""), safe=""),
    "pct7": quote,
    "b64": lambda text: base64.b64encode(text.encode()).decode(),
    "b64u": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "xesc": lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()),
    "uesc": _wide,
    "ubrace": lambda text: "".join(f"\\u{{{ord(each):x}}}" for each in text),
    "octal": _octal,
    "ent": lambda text: "".join(f"&#{ord(each)};" for each in text),
    "qp": _quoted_printable,
    "hexs": lambda text: text.encode().hex(),
}
"""How a carrier escapes its value, by the name the table of carriers uses."""


def _each_line(before: str) -> _Wrap:
    return lambda text: "\n".join(f"{before}{line}" for line in text.split("\n"))


def _numbered(form: str) -> _Wrap:
    return lambda text: "\n".join(
        form.format(number, line) for number, line in enumerate(text.split("\n"), 1)
    )


AROUND: dict[str, _Wrap] = {
    "plain": lambda text: text,
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "json": lambda text: json.dumps({"log": text, "n": 3}),
    "json of lines": lambda text: json.dumps({"lines": text.split("\n")}, indent=1),
    "json in json": lambda text: json.dumps({"b": json.dumps({"a": text})}),
    "yaml": lambda text: "report: |\n" + _each_line("    ")(text),
    "quote": _each_line("> "),
    "added": _each_line("+"),
    "removed": _each_line("-"),
    "log": _each_line("2026-03-01T09:12:01Z ERROR pachyterm[812]: "),
    "containers": _each_line("app_1  | "),
    "cluster": _each_line("2026-03-01T09:12:01.123456789Z stderr F "),
    "journal": _each_line("Mar 01 09:12:01 pachyterm[812]: "),
    "html": lambda text: f"<pre>{html.escape(text)}</pre>",
    "cdata": lambda text: f"<system-out><![CDATA[{text}]]></system-out>",
    "list": lambda text: repr(text.split("\n")),
    "bytes": lambda text: repr(text.encode()),
    "comment": _each_line("# "),
    "comment of C": _each_line(" * "),
    "numbered": _numbered("{0:4d}  {1}"),
    "grep": _numbered("x.log:{0}:{1}"),
    "coloured": lambda text: "\n".join(
        f"\x1b[33m{line}\x1b[0m" for line in text.split("\n")
    ),
    "tab": _each_line("\t"),
    "markdown": lambda text: f"```\n{text}\n```",
    "bar": _each_line("\u2502 "),
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "one line": lambda text: " ".join(text.split("\n")),
    "base64": lambda text: f"data:;base64,{ESCAPES['b64'](text)}",
    "percent": lambda text: f"log={quote(text, safe='')}",
}
"""What a whole text may stand in."""

HIDING = frozenset({"base64", "percent", "html", "bytes"})
"""Of these what is useful may go with what is not."""

_ALIKE = str.maketrans("aeopcx", "аеорсх")  # noqa: RUF001 - that is what they are
DISGUISES: tuple[_Wrap, ...] = (
    lambda text: text,
    lambda text: unicodedata.normalize("NFD", text),
    str.upper,
    str.lower,
    lambda text: text.translate(_ALIKE),
    lambda text: f"{text[:1]}\u200b{text[1:]}",
)
"""Letters that a known value may be written in."""
