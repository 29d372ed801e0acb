"""Secrets by what surrounds them in commands and files that have ways of their own."""

from __future__ import annotations

from typing import Final

from scrubbers.rule import SPACES, pattern_rule

RULES: Final = (
    pattern_rule(
        "secret",
        "<secret>",
        r"\bsetx(?:\.exe)?\s{1,4}(?:/\w\s{1,4})?\w{1,64}\s{1,4}[\"']?(?P<v>(?!<)[^"
        r"\s\"']{1,1024})",
        needs=("setx",),
        between=SPACES,
    ),
    # X's cookies, as xauth lists them.
    pattern_rule(
        "secret",
        "<secret>",
        r"\b(?:MIT-MAGIC-COOKIE-1|XDM-AUTHORIZATION-1)\s{1,8}(?P<v>[0-9a-f]{8,128})\b",
        needs=("-cookie-1", "-authorization-1"),
    ),
    # What answers a challenge (RFC 7616) lets a password be tried offline.
    pattern_rule(
        "secret",
        "<secret>",
        r"\b(?:response|cnonce|nonce|opaque)=\\?[\"']?(?P<v>[0-9A-Za-z+/=_-]{16,256})",
        needs=("response=", "nonce=", "opaque="),
    ),
    pattern_rule(
        "secret",
        "<secret>",
        r"\bConvertTo-SecureString\s{1,4}(?:-String\s{1,4})?[\"']"
        r"(?P<v>[^\"'\n]{1,256})",
        needs=("convertto-securestring",),
    ),
    pattern_rule(
        "secret",
        "<secret>",
        r"\bmosquitto_\w{2,4}\b[^\n|;]{0,200}?\s(?-i:-P)\s{0,2}[\"']?(?P<v>(?![<-])[^"
        r"\s\"']{1,255})",
        needs=("mosquitto_",),
        between=SPACES,
    ),
    # An answer typed at a prompt.
    pattern_rule(
        "secret",
        "<secret>",
        r"\b(?:password|passphrase|pin|passcode) for [^\n:]{1,80}:\s{1,4}"
        r"(?P<v>(?=[^\s\"']{0,63}[\d!#$%&*+=?@^~])[^\s\"'<]{4,256})",
        needs=("password for ", "passphrase for ", "pin for ", "passcode for "),
    ),
    # A property list's entry on one line.
    pattern_rule(
        "secret",
        "<secret>",
        r"<key>[^<\n]{0,64}(?:passw(?:or)?d|passphrase|secret|token"
        r"|api_?key)[^<\n]{0,24}</key>[\"',\s]{0,40}"
        r"<(?:string|data)>\s{0,40}(?P<v>[^<]{1,4096})",
        needs=("</key>",),
    ),
    # A container's variable: its name, and on the next line its value.
    pattern_rule(
        "secret",
        "<secret>",
        r"\bname: [\"']?[\w.-]{0,64}(?:passw(?:or)?d|passphrase|secret|token|api_?key"
        r"|credential)"
        r"[\w.-]{0,24}[\"',]{0,3}\s{1,40}[\"']?\s{0,40}value: [\"']?(?P<v>[^"
        r"\s\"'][^\n\"']{0,1023})",
        needs=("value: ",),
    ),
)
