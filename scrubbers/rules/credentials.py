"""Secrets by the name they go under: ``password=…``, ``--token …``, headers, DSNs."""

from __future__ import annotations

import re
from typing import Final

from scrubbers.rule import pattern_rule

# Names that mark a secret wherever they stand in a longer name (DB_PASSWORD,
# clientSecret, x-api-key); the short ones only as a word of their own.
SECRET_NAME: Final = (
    r"(?:passw(?:or)?d|passwort|passwd|passphrase|passcode|contrase(?:ñ|n)a"
    r"|mot_?de_?passe|secret|token(?!iz)|credential|cookie|authori[sz]ation|api[_-]?key"
    r"|(?:access|private|signing|encryption|account|shared|master|license|session"
    r"|secret|auth|ssh|gpg|deploy|service|storage|admin|app|client|consumer|user)"
    r"[_-]?key(?:[_-]?id)?|session[_-]?id|connection[_-]?string|webhook"
    r"|(?<![a-z])(?:pass|pwd|pw|pin|sig|otp|totp|psk|sas|sid|auth|bearer|jwt|dsn|cvv|cvc"
    r"|ssn|pat|salt|nonce|csrf|xsrf|signature|hmac|mfa|recovery[_-]?code)(?![a-z]))"
)
_NEEDS = (
    "pass",
    "contrase",
    "secret",
    "token",
    "credential",
    "cookie",
    "authori",
    "key",
    "session",
    "connection",
    "webhook",
    "pwd",
    "pw",
    "pin",
    "sig",
    "otp",
    "psk",
    "sas",
    "sid",
    "auth",
    "bearer",
    "jwt",
    "dsn",
    "cvv",
    "cvc",
    "ssn",
    "pat",
    "salt",
    "nonce",
    "srf",
    "hmac",
    "mfa",
    "recovery",
)
SECRET_KEY = re.compile(SECRET_NAME, re.IGNORECASE)

# A quote inside an unquoted value belongs to it unless something ends there.
_BARE = (
    r"(?:[^\s\"',;]|[\"'](?=[^\s,;)}\]:\"'])"
    r"|[,;](?![\s\"']|$|[\w.-]{1,40}[=:]))+"
)
VALUE: Final = (
    r"(?:\"(?P<v>(?:[^\"\\\n]|\\.){1,4096})|'(?P<w>(?:[^'\\\n]|\\.){1,4096})"
    rf"|(?P<x>{_BARE}))"
)
_ASSIGN = r"[\w.-]{0,24}(?:\\?[\"'\]]){0,2}\s{0,4}(?:=>|:=|==?|:)\s{0,4}"

_HARMLESS = re.compile(
    r"[\"']?(?:none|null|nil|true|false|yes|no|on|off|undefined|str|int|bytes|bool|set"
    r"|not|required|missing|invalid|expired|optional|\.\.\.|\*+|-|0|1)?[\"']?[,;.)\]}]*",
    re.IGNORECASE,
)


def is_secret_value(value: str) -> bool:
    """Whether a value under a secret's name says anything."""
    return _HARMLESS.fullmatch(value) is None


def _looks_random(value: str) -> bool:
    return len(value) >= 4 and any(
        character.isdigit() or not character.isalnum()
        for character in value.strip(".,")
    )


RULES: Final = (
    pattern_rule(
        "secret",
        "<secret>",
        rf"{SECRET_NAME}{_ASSIGN}{VALUE}",
        needs=_NEEDS,
        accept=is_secret_value,
    ),
    # Alone on its line, an unquoted value may hold spaces: take all of it.
    pattern_rule(
        "secret",
        "<secret>",
        rf"^[\s>|#*-]{{0,16}}(?:(?:export|set|setenv|declare -x|env|const|let)\s+)?"
        rf"[\w.-]{{0,60}}?{SECRET_NAME}[\w.-]{{0,24}}\s{{0,4}}[:=]\s{{0,4}}"
        r"(?P<v>[^\s\"'][^\n\"]*?)(?=\s+[\w.-]{1,40}[=:]|\s*$)",
        needs=_NEEDS,
        accept=is_secret_value,
    ),
    pattern_rule(
        "secret",
        "<secret>",
        rf"(?<![\w])--?[\w-]{{0,30}}?(?:{SECRET_NAME}|key)[\w-]{{0,16}}"
        rf"(?:\s{{1,4}}|=|\\?[\"'],\s{{0,8}}\\?(?=[\"']))(?!-){VALUE}",
        needs=_NEEDS,
        accept=is_secret_value,
    ),
    pattern_rule(
        "secret",
        "<secret>",
        rf"{SECRET_NAME}[\w.-]{{0,24}}\\?[\"'],\s{{0,8}}\\?(?=[\"']){VALUE}",
        needs=_NEEDS,
        accept=is_secret_value,
    ),
    pattern_rule(
        "secret",
        "<secret>",
        rf"<[\w:.-]{{0,30}}?{SECRET_NAME}[\w:.-]{{0,24}}[^<>\n]{{0,80}}>(?P<v>[^<\n]+)(?=</)",
        needs=_NEEDS,
        accept=is_secret_value,
    ),
    pattern_rule(
        "secret",
        "<secret>",
        rf"{SECRET_NAME}[\w.-]{{0,24}}[\"'],?\s{{1,4}}\\?[\"']?value\\?[\"']?\s{{0,4}}[:=]\s{{0,4}}{VALUE}",
        needs=("value",),
        accept=is_secret_value,
    ),
    pattern_rule(
        "secret",
        "<secret>",
        r"(?:password|passwd|passphrase|passcode|pin|token|secret|key|pwd)s?(?: for [\w.@'-]{1,60})?"
        rf"\s{{1,4}}(?:is|was|of|set to|changed to|reset to|reads)\s{{1,4}}:?\s?{VALUE}",
        needs=("password", "pass", "pin", "token", "secret", "key", "pwd"),
        accept=is_secret_value,
    ),
    pattern_rule(
        "secret",
        "<secret>",
        rf"(?:password|passwd|passphrase|passcode|secret|token|pwd)\s{{1,4}}{VALUE}",
        needs=("pass", "secret", "token", "pwd"),
        accept=_looks_random,
    ),
    pattern_rule(
        "secret",
        "<secret>",
        r"(?<![\w-])(?:bearer|basic|digest|negotiate|ntlm|apikey|token)\s{1,4}"
        r"(?P<v>[A-Za-z0-9+/=._~-]{8,})",
        needs=("bearer", "basic", "digest", "negotiate", "ntlm", "apikey", "token"),
        accept=_looks_random,
    ),
    pattern_rule(
        "secret",
        "<secret>",
        r"(?:proxy-)?authorization\\?[\"']?\s{0,4}[:=]\s{0,4}\\?[\"']?(?P<v>[^\n\"']+)",
        needs=("authorization",),
    ),
    pattern_rule(
        "secret",
        "<secret>",
        r"(?:set-)?cookie\\?[\"']?\s{0,4}:\s{0,4}\\?[\"']?(?P<v>[^\n\"']+)",
        needs=("cookie",),
    ),
    pattern_rule(
        "secret",
        "<secret>",
        rf"\b(?:mysql|mysqldump|mysqladmin|mariadb|sshpass|redis-cli|7z|7za|zip|unzip"
        rf"|smbclient|ldapsearch)\b[^\n|;]{{0,200}}?\s-(?:p|a|P|w)(?:\s{{0,2}}){VALUE}",
        needs=("my", "maria", "sshpass", "redis-cli", "7z", "zip", "smbcl", "ldaps"),
    ),
    pattern_rule(
        "secret",
        "<secret>",
        r"(?<![\w-])(?:-u|--user|--proxy-user|-U)[ =]{0,2}[\"']?(?P<v>[^\s\"':=/]{1,64}:[^\s\"']+)",
        needs=("-u", "user"),
    ),
    pattern_rule(
        "secret",
        "<secret>",
        r"\blogin\s+\S{1,64}\s+password\s+(?P<v>\S+)",
        needs=("login",),
    ),
    # Password hashes: crypt(5) and its relatives.
    pattern_rule(
        "secret",
        "<secret>",
        r"\$(?:1|2[abxy]?|5|6|7|y|gy|md5|sha1|apr1|argon2\w{1,2}|scrypt|pbkdf2[\w-]{0,10})"
        r"\$[^\s:\"',;]{8,}",
        needs=("$",),
    ),
)
