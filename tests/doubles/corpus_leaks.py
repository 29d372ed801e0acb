"""Look for planted values in a text and in everything it may be decoded to."""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from urllib.parse import unquote

_TOKEN = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})")
_OCTAL = re.compile(r"(?:\\[0-3][0-7]{2})+")
_CONTROL = re.compile("\x1b\\[[0-?]*[@-~]|[\x00\u200b-\u200f\xad]")


def leaks(output: str, planted: tuple[str, ...]) -> list[str]:
    """Those planted values that can still be read in the output."""
    readings = [_fold(reading) for reading in _readings(output, 3)]
    return [
        value
        for value in planted
        if any(_fold(value) in reading for reading in readings)
    ]


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _readings(text: str, depth: int) -> set[str]:
    found = {text}
    if depth == 0:
        return found
    for decode in (unquote, html.unescape, _unescape, _unoctal, _without_control):
        reading = decode(text)
        if reading != text and reading not in found:
            found |= _readings(reading, depth - 1)
    for token in _TOKEN.findall(text):
        for reading in _from_base64(token):
            found |= _readings(reading, depth - 1)
    return found


def _unescape(text: str) -> str:
    text = _ESCAPE.sub(
        lambda match: chr(min(int(match[1] or match[2] or match[3], 16), 0x10FFFF)),
        text,
    )
    return (
        text.replace('\\"', '"')
        .replace("\\/", "/")
        .replace("\\\\", "\\")
        .replace("\\n", "\n")
    )


def _unoctal(text: str) -> str:
    return _OCTAL.sub(
        lambda match: bytes(int(part, 8) for part in match[0].split("\\")[1:]).decode(
            "utf-8", "replace"
        ),
        text,
    )


def _without_control(text: str) -> str:
    return _CONTROL.sub("", text)


def _from_base64(token: str) -> list[str]:
    body = token.rstrip("=").replace("-", "+").replace("_", "/")
    found = []
    for lead in range(4):
        part = body[lead:]
        part = part[: len(part) - (len(part) % 4 == 1)]
        try:
            raw = base64.b64decode(part + "=" * (-len(part) % 4))
        except (binascii.Error, ValueError):
            continue
        for codec in ("utf-8", "utf-16-le"):
            try:
                found.append(raw.decode(codec))
            except UnicodeDecodeError:
                continue
    return [text for text in found if text.isprintable()]
