"""Whether a value can be read in a text, however it is written there."""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_COLOURS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[()][A-Z0-9]")
_LOOK_ALIKES = dict(zip("аеорсхАЕОРСХ", "aeopcxAEOPCX", strict=True))  # noqa: RUF001 - that is what they are
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_PLACEHOLDER = re.compile(r"<[a-z]{2,9}>")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){4,}|[0-9a-fA-F]{2}(?:[ :][0-9a-fA-F]{2}){3,}")
_MOST = 40
_SHORT = 6


def _runs(text: str, run: str, digits: str, base: int) -> str:
    """Runs of escaped bytes as the letters they stand for."""

    def letters(match: re.Match[str]) -> str:
        raw = bytes(int(each, base) for each in re.findall(digits, match[0]))
        return raw.decode("utf-8", "replace")

    return re.sub(run, letters, text)


def _units(match: re.Match[str]) -> str:
    found = re.findall(r"\\u([0-9a-fA-F]{4})", match[0])
    return b"".join(int(each, 16).to_bytes(2, "big") for each in found).decode(
        "utf-16-be", "replace"
    )


def _unescaped(text: str) -> str:
    text = _runs(text, r"(?:\\x[0-9a-fA-F]{2})+", r"\\x(..)", 16)
    text = re.sub(r"(?:\\u[0-9a-fA-F]{4})+", _units, text)
    text = re.sub(
        r"\\u\{([0-9a-fA-F]{1,6})\}", lambda m: chr(min(int(m[1], 16), 0xFFFF)), text
    )
    text = _runs(text, r"(?:\\[0-3][0-7]{2})+", r"\\([0-7]{3})", 8)
    single = {"n": "\n", "r": "\r", "t": "\t"}
    return re.sub(
        r"\\([\"'\\/$`nrt ])", lambda match: single.get(match[1], match[1]), text
    )


def _from_base64(text: str) -> str:
    found = []
    for match in _BASE64.finditer(text):
        token = match[0].rstrip("=").translate(str.maketrans("-_", "+/"))
        token = token[: len(token) - (len(token) % 4 == 1)]
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4))
        except binascii.Error:
            continue
        found += [raw.decode(each, "ignore") for each in ("utf-8", "utf-16-le")]
    return "\n".join(each for each in found if each.isprintable() or "\n" in each)


def _from_hex(text: str) -> str:
    found = (re.sub("[ :]", "", match[0]) for match in _HEX.finditer(text))
    return "\n".join(bytes.fromhex(each).decode("utf-8", "ignore") for each in found)


_STEPS: tuple[Callable[[str], str], ...] = (
    unquote,
    unquote_plus,
    _unescaped,
    html.unescape,
    _from_base64,
    _from_hex,
    lambda text: _runs(text, r"(?:=[0-9A-F]{2})+", r"=(..)", 16),
    lambda text: text.replace("\0", ""),
    lambda text: _COLOURS.sub("", text),
    lambda text: _INVISIBLE.sub("", text),
    lambda text: text.translate(str.maketrans(_LOOK_ALIKES)),
)


def readings(text: str, depth: int = 3) -> set[str]:
    """The text in every way it may be read, in folded letters."""
    seen = {text}
    front = [text]
    for _ in range(depth):
        fresh: list[str] = []
        for each in front:
            for step in _STEPS:
                read = step(each)
                if read and read not in seen:
                    seen.add(read)
                    fresh.append(read)
        front = fresh[:_MOST]
    return set(map(folded, seen))


def folded(text: str) -> str:
    """Without case, and with letters composed in one way."""
    apart = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFKC", apart)


def is_in(secret: str, read: Iterable[str]) -> bool:
    """Whether a value is in one of the readings; a short one as a word."""
    value = folded(secret)
    if len(value) >= _SHORT:
        return any(value in each for each in read)
    word = re.compile(rf"(?<![^\W_]){re.escape(value)}(?![^\W_])")
    return any(word.search(each) for each in read)


def leaked(text: str, secrets: Iterable[str]) -> list[str]:
    """Those values that can be read; placeholders are no text."""
    read = readings(_PLACEHOLDER.sub("<>", text))
    return [secret for secret in secrets if is_in(secret, read)]
