"""Secrets by the name they go under: ``password=…``, ``--token …``, headers, DSNs."""

from __future__ import annotations

import re
from typing import Final

from scrubbers.rule import SPACES, Form, keyword_rule, pattern_rule
from scrubbers.rules.entropy import changes

# Whose key it is decides whether a key is a secret: api_key is, on_key is not.
_KEY_OWNERS = (
    *("api", "access", "private", "signing", "encryption", "account", "shared"),
    *("master", "license", "session", "secret", "auth", "ssh", "gpg", "deploy"),
    *("service", "storage", "admin", "app", "client", "consumer", "user"),
)
_OWNED_KEY = "|".join(f"(?<={owner})|(?<={owner}[_-])" for owner in _KEY_OWNERS)
# Names that mark a secret wherever they stand in a longer name (DB_PASSWORD,
# clientSecret, x-api-key); the short ones only as a word of their own.
SECRET_NAME: Final = (
    r"(?:passw(?:or)?d|passwort|kennwort|l(?:ö|o\u0308)senord|salasana|has[lł]o|senha"
    r"|parola|пароль|密码|密碼|パスワード|비밀번호|passwd|passphrase|passcode|contrase(?:ñ"
    r"|n\u0303?)a"
    r"|mot[_ -]?de[_ -]?passe|secret"
    r"|token(?!iz|s?[_ ]count|s[\"']?\s{0,4}[=:|]\s{0,4}\d{1,7}\b)"
    r"|credential|cookie|authori[sz]ation"
    rf"|(?:{_OWNED_KEY})key(?:[_-]?id)?|sess(?:ion)?[_-]?id|connection[_-]?string"
    rf"|webhook"
    r"|(?<![a-z])(?:(?:ssh)?pass|pwd|pw|pin|sig|otp|totp|psk|sas|sid|requirepass"
    r"|masterauth|session(?=\s{0,4}[=:])|auth|bearer|jwt|dsn|cvv|cvc"
    r"|ssn|pat|salt|nonce|csrf|xsrf|signature|hmac|mfa|recovery[_-]?code)(?![a-z]))"
)
# What the name of a key is made of: some letters are written as two characters.
IN_KEY: Final = r"[\w.\u0300-\u036f-]"
# How these may begin: the literals a text is searched for.
_BEGINNINGS = (
    *(
        "pass",
        "sshpass",
        "contrase",
        "mot_",
        "motde",
        "mot de",
        "mot-de",
        "secret",
        "token",
        "credential",
        "cookie",
    ),
    *(
        "authori",
        "key",
        "session",
        "sessid",
        "sess_id",
        "requirepass",
        "masterauth",
        "connection",
        "webhook",
        "recovery",
    ),
    *(
        "kennwort",
        "lösenord",
        "lo\u0308senord",
        "salasana",
        "haslo",
        "hasło",
        "senha",
        "parola",
        "пароль",
    ),
    *("密码", "密碼", "パスワード", "비밀번호"),
)
_WHOLE = (
    *("pwd", "pw", "pin", "sig", "otp", "totp", "psk", "sas", "sid", "auth", "bearer"),
    *("jwt", "dsn", "cvv", "cvc", "ssn", "pat", "salt", "nonce", "csrf", "xsrf"),
    *("signature", "hmac", "mfa"),
)
_SECRET_KEY = re.compile(SECRET_NAME, re.IGNORECASE)
_AWAITS_VALUE = re.compile(
    rf"{SECRET_NAME}[\w.-]{{0,24}}[\"']?(?:\s*[:=]\s*[|>]?[-+]?|,|\s*\\|\s*=)\s*$",
    re.IGNORECASE,
)
_ENDS_OPEN = frozenset(":=|>+-,\\")
# An entry of a property list, and a container's variable: their values follow.
_NAMED_ABOVE = re.compile(
    r"(?:<|&lt;)key(?:>|&gt;)[^<\n]{0,64}(?i:passw(?:or)?d|passphrase|secret|token"
    r"|api_?key)"
    r"[^<\n]{0,24}(?:<|&lt;)/key(?:>|&gt;)[\"',\s]{0,8}$"
    r"|(?<!\w)name: [\"']?[A-Z0-9_]{0,64}(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN"
    r"|API_?KEY|CREDENTIAL)[A-Z0-9_]{0,24}[\"']?\s*$"
)
_COUNT = re.compile(r"(?:tokens|token_count|max_tokens|\w+_count)$", re.IGNORECASE)

# A quote inside an unquoted value belongs to it unless something ends there.
_BARE = (
    r"(?:(?!</)[^\s\"',;]|[\"'](?=[^\s,;)}\]:\"'])"
    r"|[,;](?![\s\"']|$|[\w.-]{1,40}[=:]))+"
)
VALUE: Final = (
    r"(?:'\"'\"')?(?:(?:\"\"(?=[^\"\n]{1,256}\"\")|\")(?P<v>(?:[^\"\\\n]"
    r"|\\.){1,4096})|(?:''(?=[^'\n]{1,256}'')|')(?P<w>(?:[^'\\\n]|\\.){1,4096})"
    # What was removed before may have another line after it, in an escaped text.
    rf"|(?P<x>(?!<secret>\\){_BARE}))"
)
_ASSIGN = r"[\w.-]{0,24}(?:\\?[\"'\]]){0,2}\s{0,4}(?:=>|:=|==?|:)\s{0,4}"

_HARMLESS = re.compile(
    r"[\"']?(?:none|null|nil|true|false|yes|no|on|off|undefined|str|int|bytes|bool|set"
    r"|not|required|missing|invalid|expired|optional|\.\.\.|\*+|-|\d\d?"
    # A type, what a format will put there, and gdb's way to tell a first value.
    r"|(?-i:Token|Cookie|Session|Key|Auth)"
    r"|\{[a-z_][\w.]{0,40}(?:![rsa])?(?::[^{}]{0,12})?\}"
    r"|\w{1,64}@entry=(?:\d{1,9}|0x[0-9a-f]{1,16}))?[\"']?[,;.)\]}]*",
    re.IGNORECASE,
)


def is_secret_key(key: str) -> bool:
    """Whether a key of a mapping announces a secret."""
    return _SECRET_KEY.search(key) is not None and _COUNT.search(key) is None


def is_flag(argument: str) -> bool:
    """Whether a command's argument announces that a secret follows it."""
    return argument.startswith("-") and "=" not in argument and is_secret_key(argument)


def is_secret_value(value: str) -> bool:
    """Whether a value under a secret's name says anything."""
    return _HARMLESS.fullmatch(value) is None


def announces_value(line: str) -> bool:
    """Whether the line ends with a secret's name and a sign that its value follows."""
    if ("name: " in line or "/key" in line) and _NAMED_ABOVE.search(line):
        return True
    if line.rstrip()[-1:] not in _ENDS_OPEN:
        return False
    return _AWAITS_VALUE.search(line, max(0, len(line) - 80)) is not None


def _looks_random(value: str) -> bool:
    if len(value) < 4 or not is_secret_value(value):
        return False
    return any(
        character.isdigit() or not character.isalnum()
        for character in value.strip(".,:;()")
    )


def _is_made_up(value: str) -> bool:
    """The same, or capitals and small letters in no order, as no name has them."""
    if _looks_random(value):
        return True
    return len(value) >= 16 and changes(value) * 5 >= len(value)


def _has_capitals(value: str) -> bool:
    """Whether a quoted word is no plain one, such as 'required' or 'Passwords'."""
    return not value[1:].islower() and is_secret_value(value)


def _looks_made(value: str) -> bool:
    """Whether a value has both letters and digits, as hardly any word has."""
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value))


def _secret(after: str, before: str = "") -> Form:
    return Form(SECRET_NAME + after, before, is_secret_value, SECRET_NAME)


def _random_secret(after: str) -> Form:
    return Form(SECRET_NAME + after, "", _looks_made, SECRET_NAME)


_FORMS = (
    _secret(rf"{_ASSIGN}{VALUE}"),
    # Alone on its line, an unquoted value may hold spaces: take all of it.
    _secret(
        r"[\w.-]{0,24}\s{0,4}[:=]\s{0,4}"
        r"(?P<v>(?!<secret>)[^\s\"'][^\n\"]*?)(?=\s{1,4}[\w.-]{1,40}[=:]|;\s|\s&&\s"
        r"|</|\s{0,8}$)",
        before=r"[\s>|#*+-]{0,16}"
        r"(?:(?:export|set|setenv|declare -x|env|const|let)\s{1,4})?"
        r"[\w.-]*",
    ),
    Form(
        rf"(?:{SECRET_NAME}|key)[\w-]{{0,16}}"
        rf"(?:\s{{1,4}}|=|\\?[\"'],\s{{0,8}}\\?(?=[\"']))(?!-){VALUE}",
        before=r"(?s:.*(?<!\w))--?[\w.-]{0,30}",
        accept=is_secret_value,
    ),
    _secret(
        rf"[\w.-]{{0,24}}\\?[\"'],\s{{0,8}}\\?(?=[\"']){VALUE}",
        before=r"(?s:.*)[\"'][\w.-]{0,30}",
    ),
    _secret(
        r"[\w:.-]{0,24}[^<>\n]{0,80}>(?P<v>[^<\n]+)(?=</)",
        before=r"(?s:.*)<[\w:.-]{0,30}",
    ),
    _secret(
        rf"[\w.-]{{0,24}}[\"'],?\s{{1,4}}\\?[\"']?value\\?[\"']?"
        rf"\s{{0,4}}[:=]\s{{0,4}}{VALUE}",
    ),
    Form(
        r"(?:password|passwd|passphrase|passcode|pin|pwd)s?"
        r"(?: for [\w.@'-]{1,60})?"
        rf"\s{{1,4}}(?:is|was|of|set to|changed to|reset to"
        rf"|reads)\s{{1,4}}:?\s?{VALUE}",
        accept=is_secret_value,
    ),
    # Of other things that have these names more is said in words.
    Form(
        r"(?:token|secret|key)s?(?: for [\w.@'-]{1,60})?"
        rf"\s{{1,4}}(?:is|was|of|set to|changed to|reset to|reads)\s{{1,4}}:?"
        rf"\s?{VALUE}",
        accept=_looks_random,
    ),
    _random_secret(r"[\w.-]{0,24}\s{1,4}(?:is|was|=)\s{1,4}(?P<v>[^\s\"',;]{6,512})"),
    # Words of a phrase go together.
    Form(
        r"(?:passphrase|recovery phrase|seed phrase|mnemonic)[\"']?"
        r"(?:\s{1,4}is\s{1,4}|\s{0,4}[:=]\s{0,4}|\s{2,16})"
        r"(?P<v>[^\W_]{3,16}(?: [^\W_]{3,16}){1,23})",
        accept=is_secret_value,
    ),
    # An annotated variable.
    _secret(
        rf"[\w.-]{{0,24}}\s?:\s?[A-Za-z_][\w.\[\]| ]{{0,40}}=(?![\"']\s)"
        rf"\s{{0,4}}{VALUE}"
    ),
    # What a debugger shows of an argument: the address, then the text.
    _secret(
        r"[\w.-]{0,24}=(?:[\w.]{1,64}@entry=)?0x[0-9a-f]{1,16} \\?\""
        r"(?P<v>(?:[^\"\\\n]|\\.){1,4096})",
    ),
    # A row of a table, or of comma-separated values.
    _secret(
        r"[\w.-]{0,24}[\"']?\s{0,40}[,|;\t]\s{0,40}[\"']?(?P<v>[^\s\"',;|][^\"',;"
        r"|\n]{0,255}?)"
        r"[\"']?\s{0,40}(?:\|\s{0,8})?$",
        before=r"[\s|>+*-]{0,16}[\"']?[\w.-]{0,30}",
    ),
    # A macro of C.
    _secret(
        rf"[\w.-]{{0,24}}\s{{1,16}}(?!\d{{1,4}}\b|0x[0-9a-f]{{1,8}}\b){VALUE}",
        before=r"(?s:.*)#\s{0,4}define\s{1,4}[\w.-]{0,30}",
    ),
    # A row of a table that ends there, whatever a log put before it.
    Form(
        rf"{SECRET_NAME}[\w.-]{{0,24}}\s{{4,24}}(?P<v>[^\s\"'<]{{6,255}})"
        r"(?:[\"'\\]|\s{0,8}$)",
        accept=_looks_made,
        name=SECRET_NAME,
    ),
    # Alone on its line, with nothing but spaces between.
    _secret(
        r"[\w.-]{0,24}\s{2,16}[\"']?(?P<v>[^\s\"']{6,255})[\"']?\s{0,8}$",
        before=r"[\s>|#*+-]{0,16}[\w.-]{0,30}",
    ),
    Form(rf"(?:requirepass|masterauth)\s{{1,4}}{VALUE}", accept=is_secret_value),
    Form(
        rf"(?:password|passwd|passphrase|passcode|secret|token|pwd)\s{{1,4}}{VALUE}",
        accept=_looks_random,
    ),
    Form(
        r"(?:password|passwd|passphrase)\s{1,4}(?:\"(?P<v>[^\s\"]{6,64})\"|'(?P<w>[^"
        r"\s']{6,64})')",
        accept=_has_capitals,
    ),
    Form(
        # One word after a scheme that has no more; of all others the whole line.
        r"authorization\\?[\"']?\s{0,4}[:=]\s{0,4}\\?[\"']?"
        r"(?P<v>(?:basic|bearer|negotiate)\s{1,4}[A-Za-z0-9+/=._~-]{6,4096}(?=["
        r"\s\"')>]|$)"
        r"|(?!\s{0,4}<secret>)(?:[^\n\t\"'<\\]|<(?!/)|\\(?![\"'nrtu]))+)"
    ),
    Form(
        r"cookie\\?[\"']?\s{0,4}:(?!\s{1,24}[0-9a-f]{2}$)\s{0,4}\\?[\"']?(?P<v>"
        r"(?:[^\n\t\"'<\\]|<(?!/)|\\(?![\"'nrtu]))+)"
    ),
)

_PGPASS = (
    r"(?:(?<![\w.:*-])|(?<=:\d:)|(?<=:\d\d:)|(?<=:\d\d\d:))(?![\w-]{1,64}\.(?:py|[ch]"
    r"|cc|cpp|cxx|hpp|rs|go|js|ts|java|rb|S):)"
    r"(?:\*|<[a-z]+>|[\w.-]{1,253}):(?:\*|\d{3,5}):"
    r"(?:\*|(?!\d+:)[^\s:\\/\"']{1,63}):"
    r"(?P<v>(?!<)[^\s:\\/\"']{1,63}:[^\s:\"']{1,255})(?=[\s\"',;)\]}<`]|$)"
)

RULES: Final = (
    keyword_rule(
        "secret",
        "<secret>",
        _FORMS,
        keywords=_BEGINNINGS,
        whole=_WHOLE,
        between=(*SPACES, "=", ":", ",", ">", "|", ";"),
        may_announce=True,
        # After the rest of the name; between tags anything may stand before the value.
        followed=rf"{IN_KEY}{{0,80}}+[\s\"'\\\]=:,>|;]",
        unless="</",
    ),
    pattern_rule(
        "secret",
        "<secret>",
        r"(?<![\w-])(?:bearer|basic|digest|negotiate|ntlm|apikey|token)\s{1,4}"
        r"(?P<v>[A-Za-z0-9+/=._~-]{8,})",
        needs=("bearer", "basic", "digest", "negotiate", "ntlm", "apikey", "token"),
        between=SPACES,
        before=".+",
        ends=True,
        accept=_is_made_up,
    ),
    pattern_rule(
        "secret",
        "<secret>",
        r"\b(?:mysql|mysqldump|mysqladmin|mariadb|sshpass|redis-cli|7z|7za|zip|unzip"
        r"|smbclient|ldapsearch|openssl)\b[^\n|;]{0,200}?\s-(?:p|a|P|w|k)(?:\s{0,2})"
        rf"{VALUE}",
        needs=(
            "mysql",
            "maria",
            "sshpass",
            "redis-cli",
            "7z",
            "zip",
            "smbcl",
            "ldaps",
            "openssl",
        ),
        between=SPACES,
    ),
    pattern_rule(
        "secret",
        "<secret>",
        r"(?<![\w-])(?:-u|--user|--proxy-user|-U)[ =]{0,2}(?:'\"'\"'|[\"']{1,2})?"
        r"(?P<v>[^\s\"':=/]{1,64}:[^\s\"']+)",
        needs=("-u",),
    ),
    pattern_rule(
        "secret",
        "<secret>",
        rf"\blogin\s{{1,4}}\S{{1,64}}\s{{1,4}}password\s{{1,4}}(?P<v>{_BARE})",
        needs=("login",),
    ),
    # .netrc over several lines, or in a patch.
    pattern_rule(
        "secret",
        "<secret>",
        r"^[+-]?\s{1,8}(?:password|passwd)\s{1,4}(?P<v>\S+)\s{0,8}$",
        needs=("password", "passwd"),
        between=SPACES,
    ),
    # .pgpass: machine, port, database, name, password.
    pattern_rule(
        "secret", "<secret>", _PGPASS, outlines=(":000:", ":0000:", ":00000:")
    ),
    pattern_rule("secret", "<secret>", _PGPASS, needs=("*:*",)),
    # SQL.
    pattern_rule(
        "secret",
        "<secret>",
        r"\bidentified\s{1,4}by\s{1,4}(?:password\s{1,4})?\\?[\"']"
        r"(?P<v>[^\"'\n]{1,256})",
        needs=("identified",),
    ),
    # Windows' security identifiers, of a machine or a domain and its account.
    pattern_rule(
        "sid",
        "<user>",
        r"(?<![A-Za-z0-9])S-1-(?:5-21|12-1)(?:-\d{1,10}){3,5}",
        needs=("s-1-5-21-", "s-1-12-1-"),
    ),
    # Password hashes: crypt(5) and its relatives.
    pattern_rule(
        "secret",
        "<secret>",
        r"\$(?:1|2[abxy]?|5|6|7|y|gy|md5|sha1|apr1|argon2\w{1,2}|scrypt"
        r"|pbkdf2[\w-]{0,10})\$[^\s:\"',;]{8,}",
        needs=("$",),
    ),
)
