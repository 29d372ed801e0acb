"""People and machines by the words around them: ``user=…``, ``Author: …``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scrubbers.rule import SPACES, Form, Rule, Span, Subject, keyword_rule, pattern_rule
from scrubbers.rules.letters import MARKS

if TYPE_CHECKING:
    from collections.abc import Iterable

USER_NAME: Final = (
    r"(?<![a-z])(?:user(?:[_-]?name|[_-]?id)?|login(?:[_-]?name)?|logname|luser|ruser"
    r"|euser|sudo_user|account(?:[_-]?name)?|acct|owner|uname|run_?as|nick(?:name)?"
    r"|os[_-]?user|remote[_-]?user|db[_-]?user|pguser|mysql_user|user id|uid)(?![a-z])"
)
PERSON_NAME: Final = (
    r"(?<![a-z])(?:full[_ -]?name|display[_ -]?name|real[_ -]?name|first[_ -]?name"
    r"|last[_ -]?name|given[_ -]?name|family[_ -]?name|surname|gecos|author"
    r"(?:[_-]?name)?"
    r"|committer(?:[_-]?name)?|git_(?:author|committer)_name|maintainer|tagger"
    r"|signed-off-by|co-authored-by|reported-by|reviewed-by|tested-by|acked-by|contact"
    r"|user\.name|(?-i:CN)(?==)|customer|employee|patient|recipient|sender"
    r"|account holder|cardholder|name on card)"
    r"(?![a-z])"
)
HOST_NAME: Final = (
    r"(?<![a-z])(?:host(?:[_-]?name)?|fqdn|node(?:[_-]?name)?|computer(?:[_-]?name)?"
    r"|machine(?:[_-]?name)?|server(?:[_-]?(?:name|host))?|user_?domain|logonserver"
    r"|workstation|pghost|mysql_host|db[_-]?host|remote[_-]?host|peer|domain|ssid|essid)"
    r"(?![a-z])"
)
USER_KEY = re.compile(USER_NAME, re.IGNORECASE)
PERSON_KEY = re.compile(PERSON_NAME, re.IGNORECASE)
HOST_KEY = re.compile(HOST_NAME, re.IGNORECASE)

# After a key, or a word of one.
_AFTER_KEY = r"[\w.-]{0,80}+[\s\"'\\\]=:]"
_ASSIGN = r"(?:\\?[\"'\]]){0,2}\s{0,4}(?:=>|:=|=|:)\s{0,4}"
_QUOTED = (
    r"(?:\"\"(?=[^\"\n]{1,256}\"\")|\\?\")(?P<v>(?:[^\"\\\n]|\\[^\"\n]){1,256})|\\?'(?P<w>(?:[^'\\\n]"
    r"|\\[^'\n]){1,256})"
)
_WORD = r"[^\s\"',;&|()\[\]{}=]+"
# Vowel signs of Indian scripts, points of Hebrew, marks of NFD are no word characters.
_IN_NAME = rf"[\w.'’{MARKS}-]"  # noqa: RUF001 - an apostrophe
_ENTRY = r"[^\W\d_](?:[^,=\s\"'()]|(?<=[^\s,=]) (?=\w)){0,63}"
_NAME_WORDS = rf"[^\W\d_]{_IN_NAME}*(?:[ ]+[^\W\d_]{_IN_NAME}*){{0,4}}"
_HARMLESS = re.compile(
    r"[\"'\\]*(?:none|null|nil|true|false|unknown|undefined|self|default|anonymous|nobody"
    r"|str|int|object|localhost|\d{1,9}|0x[0-9a-f]+|\.\.\.|%\w|\?|-|<\w+>|user|me|amd64|arm64|i386|armhf|all|any)?[\"'\\,.]*",
    re.IGNORECASE,
)


def is_naming_value(value: str) -> bool:
    """Whether a value under a person's or a machine's key names anybody."""
    return _HARMLESS.fullmatch(value) is None


_USER_BEGINNINGS = (
    *(
        "user",
        "login",
        "logname",
        "luser",
        "ruser",
        "euser",
        "sudo_user",
        "account",
        "acct",
    ),
    *("owner", "uname", "run_as", "runas", "run-as", "nick", "os_user", "osuser"),
    *("os-user", "remote_user", "remote-user", "remoteuser", "db_user", "db-user"),
    *("dbuser", "pguser", "mysql_user"),
)
_NAMED = tuple(
    f"{whose}{gap}name"
    for whose in ("full", "display", "real", "first", "last", "given", "family")
    for gap in ("", "_", "-", " ")
)
_PERSON_BEGINNINGS = (
    *("surname", "gecos", "author", "committer", "git_author", "git_committer"),
    *("maintainer", "tagger", "signed-off", "co-authored", "reported-by"),
    *("reviewed-by", "tested-by", "acked-by", "contact", "customer", "employee"),
    *("user.name", "cn="),
    *("patient", "recipient", "sender", "cardholder", "name on card", *_NAMED),
)
_HOST_BEGINNINGS = (
    *("host", "fqdn", "node", "computer", "machine", "server", "user_domain"),
    *("userdomain", "logonserver", "workstation", "pghost", "mysql_host", "db_host"),
    *("db-host", "dbhost", "remote_host", "remote-host", "remotehost", "domain"),
    *("ssid", "essid"),
)

_BEFORE_MAILBOX = pattern_rule(
    "name",
    "<name>",
    rf"(?<!\w)(?P<v>{_NAME_WORDS})[\"'\\]{{0,4}} "
    # Not a symbol and its version, as disassemblers show them.
    r"(?=<(?:[^<>\s]{1,64}@(?!@?(?:plt|got|Base|[A-Z]{2,16}_\d))|<email>))",
)


def _find_before_mailbox(subject: Subject) -> Iterable[Span]:
    """A name before a mailbox in brackets; to search for any name takes long."""
    return _BEFORE_MAILBOX.find(subject) if " <" in subject.text else ()


RULES: Final = (
    keyword_rule(
        "user",
        "<user>",
        (
            Form(
                rf"{USER_NAME}{_ASSIGN}(?:{_QUOTED}|(?P<x>{_WORD}))",
                accept=is_naming_value,
            ),
            # An unquoted name with spaces, alone on its line.
            Form(
                rf"{USER_NAME}\s{{0,4}}[:=]\s{{0,4}}(?P<v>{_NAME_WORDS})\s{{0,8}}$",
                before=r"\s{0,16}(?:(?:export|set)\s{1,4})?",
                accept=is_naming_value,
            ),
        ),
        keywords=_USER_BEGINNINGS,
        whole=("uid",),
        between=("=", ":"),
        followed=_AFTER_KEY,
    ),
    keyword_rule(
        "name",
        "<name>",
        (
            Form(
                rf"{PERSON_NAME}{_ASSIGN}(?:{_QUOTED}|(?P<x>{_NAME_WORDS}))",
                accept=is_naming_value,
            ),
        ),
        keywords=_PERSON_BEGINNINGS,
        between=("=", ":"),
        followed=_AFTER_KEY,
    ),
    keyword_rule(
        "host",
        "<host>",
        (
            Form(
                rf"{HOST_NAME}{_ASSIGN}(?:{_QUOTED}"
                # Not the modules of a runtime called node.
                rf"|(?P<x>(?!/|[\w/-]{{1,64}}:\d{{1,6}}:\d{{1,6}}\b){_WORD}))",
                accept=is_naming_value,
            ),
        ),
        keywords=_HOST_BEGINNINGS,
        whole=("peer",),
        between=("=", ":"),
        followed=_AFTER_KEY,
    ),
    # Entries of a directory (RFC 4514), and people who say who they are.
    pattern_rule(
        "name",
        "<name>",
        rf"\b(?:cn|uid|sn|ou|dc|mail)={_ENTRY}"
        rf"(?:, ?(?:cn|ou|dc|o|c|l|st)={_ENTRY}){{1,12}}",
        needs=("dc=", "ou="),
        between=("=",),
    ),
    pattern_rule(
        "name",
        "<name>",
        rf"\b(?:my|his|her|their|whose) name is (?P<v>(?-i:[A-Z]){_NAME_WORDS})",
        needs=(" name is ",),
        between=SPACES,
    ),
    pattern_rule(
        "user",
        "<user>",
        r"(?:\b(?:for|of|by|as|from|invalid|unknown|illegal|failed|authenticating"
        r"|switch to"
        r"|logged in as|logged in|running as|owned by)(?: the)? (?:local |remote "
        r"|root )?)?"
        r"\b(?:user|account|login|username)\s+(?:is\s+|was\s+|name\s+)?[\"'`]?"
        r"(?P<v>(?!(?:is|was|name|has|had|does|did|and|or|not|input|space|agent|data|mode"
        r"|guides?|manual|profiles?|preferences?|feedback|domain|ids?|limits?|counts?"
        r"|level|names?|that|which|who|whose|when|while|after|before|if|so|you|your|we"
        r"|they|it|this|these|should|would|could|are|were|be|been|have|using|used"
        r"|code|interface|defined|file|id|error|in|on|to|at|with|for|from|by|requested"
        r"|action|session|config|settings|cannot|can|process|failed|may|will|must|aborted"
        r"|interrupt\w*|cancel\w*|closed|pressed|typed|the|a|no|does\w*|request|stack|time"
        r"|sys\w*|signal|exists|info\w*|event|events|installed|scripts?|site|base|shell|options?|prompt|window"
        r"|page|form|screen|manager|service|unit|key|flow|group|space|task|thread|handler"
        r"|function|slice|option|namespaces?|list|show)\b)"
        rf"[^\W\d_][\w.{MARKS}-]{{1,40}})",
        needs=("user", "username", "account", "login"),
        between=SPACES,
        before=".+-",
        ends=True,
    ),
    pattern_rule(
        "user",
        "<user>",
        r"\b(?:accepted|failed|postponed|rejected) [\w/-]{1,24} for (?:invalid user )?"
        rf"(?P<v>[\w.{MARKS}-]{{1,64}})",
        needs=("accepted ", "failed ", "postponed ", "rejected "),
        between=SPACES,
        before=".+-",
    ),
    pattern_rule(
        "user",
        "<user>",
        r"\bowner[=:]\S{1,64}\s{1,4}group[=:]\s?"
        rf"(?P<v>[^\W\d_][\w.{MARKS}-]{{0,63}})",
        needs=("group=", "group:"),
    ),
    pattern_rule(
        "user",
        "<user>",
        r"(?:uid|gid|euid|egid|groups?|[,=]\d{1,9})(?:=\d{1,9})?\((?P<v>[^\s()=,:/]{1,64})\)",
        needs=("uid=", "gid=", "groups="),
    ),
    pattern_rule(
        "user",
        "<user>",
        r"\b(?:sudo(?: -\w)? -u|su -|su -l|su|ssh -l|useradd|usermod|userdel|adduser"
        r"|passwd|finger"
        r"|crontab -u|chown(?: -R)?|loginctl enable-linger|logged in as|running as)\s+"
        rf"(?P<v>[^\W\d_][\w.{MARKS}-]{{0,40}}(?::[\w.{MARKS}-]{{1,40}})?)",
        needs=(
            "su ",
            "sudo",
            "ssh -l",
            "useradd",
            "usermod",
            "userdel",
            "adduser",
            "passwd ",
            "finger ",
            "crontab",
            "chown ",
            "loginctl",
            "logged in as",
            "running as",
        ),
        between=SPACES,
    ),
    pattern_rule(
        "user",
        "<user>",
        r"(?P<v>[^\s:\"']{1,64})\s{1,4}:\s{1,4}(?:TTY|PWD|USER|COMMAND)=",
        needs=("tty=", "pwd=", "command="),
        flags=re.ASCII,
    ),
    # A line of the password file, and its personal fields.
    pattern_rule(
        "user",
        "<user>",
        r"(?<![^\s\"'=,;:>|(])(?P<v>[^\s:\"',;>|(]{1,64}:[^\s:\"']{0,120}:\d{1,7}:\d{1,7}:[^:\n\"]{0,200})"
        r"(?=:[/<])",
        needs=(":/", ":<"),
    ),
    # A line of the shadow file.
    pattern_rule(
        "user",
        "<user>",
        rf"(?<![\w.-])(?P<v>[\w.{MARKS}-]{{1,64}})"
        r"(?=:(?:\$[\w.=,]{1,30}\$|<secret>:\d))",
        needs=(":$", ":<secret>:"),
    ),
    pattern_rule(
        "user",
        "<user>",
        r"(?<![\w-])[bcdlps-][rwxsStT-]{9}[.+@]?\s{1,6}\d{1,6}\s{1,4}(?P<v>\S{1,64}\s{1,16}\S{1,64})"
        r"(?=\s{1,16}[\d,]+\s)",
        needs=("rw-", "r-x", "rwx", "r--"),
        flags=re.ASCII,
    ),
    Rule("name", _find_before_mailbox, needs=("@", "<email>")),
    pattern_rule(
        "name",
        "<name>",
        r"\b(?:Mr|Mrs|Ms|Mx|Dr|Prof|Herr|Frau|Mme|Dear|Hello|Hi|Sr|Sra|Señora?"
        r"|Monsieur|Madame)\.? "
        r"(?P<v>[A-ZÀ-ÞΑ-ΩА-Я][\w.'’-]+(?: [A-ZÀ-ÞΑ-ΩА-Я][\w.'’-]+){0,3})",  # noqa: RUF001 - an apostrophe and letters people have in names
        needs=(
            "mr ",
            "mr. ",
            "mrs ",
            "mrs. ",
            "ms ",
            "ms. ",
            "mx ",
            "mx. ",
            "dr ",
            "dr. ",
            "prof ",
            "prof. ",
            "herr ",
            "frau ",
            "mme ",
            "mme. ",
            "dear ",
            "hello ",
            "hi ",
            "sr ",
            "sr. ",
            "sra ",
            "sra. ",
            "señor",
            "monsieur ",
            "madame ",
        ),
        between=SPACES,
        before=".+-",
        flags=re.UNICODE,
    ),
    pattern_rule(
        "host",
        "<host>",
        r"\b(?:on|to|for|of|from|at|unknown|resolve|resolving|reach|lookup) (?:the )?"
        r"(?:host|hostname|server|node|machine)"
        r"\s+[\"'`]?(?P<v>(?!(?:is|was|name|key|has|and|or|not|at|on|in|by|for|to|with|failed|the"
        r"|code|side|source|sources|version|time|types?|process|room|readable)\b)[\w.-]{2,255})",
        needs=(" host", " hostname", " server", " node", " machine"),
        between=SPACES,
        ends=True,
    ),
    pattern_rule(
        "host",
        "<host>",
        r"(?:^|[\s;|&$(\"'`])(?:ssh|scp|sftp|mosh|telnet|ping|rsync|nslookup|dig|traceroute"
        r"|ssh-copy-id|ftp|nc|curl)(?:\s+-[A-Za-z46]{1,4}(?:\s+(?:\d{1,5}|[^\s-]\S{0,80}\.\w{2,4}))?){0,6}"
        r"\s+(?P<v>(?!-|(?:connections?|keys?|agent|client|server|sessions?|protocol|daemon"
        r"|config|tunnels?|and|or|is|was|to|from|with|for)\b)[A-Za-z][\w.-]*(?::\S*)?)",
        needs=(
            "ssh",
            "scp ",
            "sftp ",
            "mosh ",
            "telnet ",
            "ping ",
            "rsync ",
            "nslookup ",
            "dig ",
            "traceroute ",
            "ftp ",
            "nc ",
            "curl ",
        ),
        between=SPACES,
    ),
    pattern_rule(
        "host",
        "<host>",
        r"\b(?:Linux|Darwin|FreeBSD|OpenBSD) (?P<v>(?!version|kernel"
        r"|release)[\w.-]{1,64})(?= \d+\.\d)",
        needs=("linux ", "darwin ", "bsd "),
        between=SPACES,
    ),
    # syslog: month, day, time, machine, program.
    pattern_rule(
        "host",
        "<host>",
        r"(?<!\w)(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
        r"|\d{4}-\d\d-\d\dT[\d:.+Z-]{8,30}) "
        r"(?P<v>(?!\[|DEBUG|INFO|WARN|ERROR|CRIT|TRACE|FATAL)[\w.-]{1,64})"
        r"(?= [\w./-]{1,64}(?:\[\d+\])?:)",
        outlines=(" 00:00:00 ", "-00a00:00:"),
        flags=re.UNICODE,
    ),
    pattern_rule(
        "host",
        "<host>",
        r"(?<![\w-])(?:(?:DESKTOP|LAPTOP|WIN|PC)-[A-Z0-9]{4,15}"
        r"|[^\W\d_][\w’']*(?:[ -][\w’']+)?[ -](?:laptop"  # noqa: RUF001 - an apostrophe and letters people have in names
        r"|macbook(?:[ -](?:pro|air))?(?:-\d)?"
        r"|imac|thinkpad"
        r"|iphone|ipad|nas)(?:\.[\w-]+){0,3})(?![\w-])",
        needs=(
            "desktop-",
            "laptop",
            "win-",
            "pc-",
            "macbook",
            "imac",
            "thinkpad",
            "iphone",
            "ipad",
            "-nas",
            " nas",
        ),
    ),
)
