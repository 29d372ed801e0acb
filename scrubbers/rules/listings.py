"""What well-known programs print of people and machines: ``ps``, ``who``, ``sudo``."""

from __future__ import annotations

import re
from typing import Final

from scrubbers.rule import SPACES, pattern_rule
from scrubbers.rules.letters import MARKS

_LOGIN = rf"(?P<v>[^\W\d_][\w.{MARKS}-]{{0,63}}\$?)"
_ANY_LOGIN = r"(?P<v>[^\s\"'`‘’:;,()<>]{1,64})"  # noqa: RUF001 - quotation marks of GNU
_TERMINAL = r"(?:pts/\d+|tty\w{0,4}\d|console|:\d)"

RULES: Final = (
    # Columns of ps -ef: UID PID PPID C STIME TTY TIME.
    pattern_rule(
        "user",
        "<user>",
        rf"^[ ]{{0,8}}{_LOGIN}\s{{1,16}}\d{{1,7}}\s{{1,8}}\d{{1,7}}\s{{1,4}}\d{{1,3}}\s"
        rf"{{1,4}}[A-Z\d:a-z]{{4,6}}\s{{1,4}}(?:\?|{_TERMINAL})\s{{1,8}}\d+:\d\d",
        outlines=("0:00:00 ",),
        flags=re.UNICODE,
    ),
    # Columns of ps aux and top: USER PID %CPU %MEM VSZ.
    pattern_rule(
        "user",
        "<user>",
        rf"(?<![\w.$-]){_LOGIN}\s{{1,16}}\d{{1,7}}\s{{1,8}}\d{{1,4}}\.\d{{1,2}}"
        r"\s{1,8}\d{1,3}\.\d{1,2}(?=\s)",
        outlines=(" 0.0 ", "0.0  "),
        flags=re.UNICODE,
    ),
    # Rows of who, w and last.
    pattern_rule(
        "user",
        "<user>",
        rf"^{_LOGIN}\s{{1,32}}{_TERMINAL}\s",
        needs=(" pts/", " tty", " :0", " console"),
        flags=re.UNICODE,
    ),
    # The same in the middle of a line: told by the time that follows.
    pattern_rule(
        "user",
        "<user>",
        rf"(?<![\w.$-])(?!tty\d){_LOGIN}\s{{1,32}}{_TERMINAL}\s{{1,16}}"
        r"(?:\d{4}-\d\d-\d\d|[A-Z][a-z]{2} [ \d]\d) \d\d:\d\d",
        needs=(" pts/", " tty"),
        flags=re.UNICODE,
    ),
    # The names of files in ls -l: after the day and the time or year.
    pattern_rule(
        "path",
        "<path>",
        r"(?<![\w-])[bcdlps-][rwxsStT-]{9}[.+@]?\s[^\n]{1,120}?\s"
        r"(?:\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d  ?\d{4})\s"
        r"(?P<v>(?![\s<])[^\n\"'`<>()]{1,255})",
        needs=("rw-", "r-x", "rwx", "r--"),
        flags=re.UNICODE,
    ),
    pattern_rule(
        "user",
        "<user>",
        rf"\b(?:crontab|mailbox) (?:of|for) {_LOGIN}",
        needs=("crontab", "mailbox"),
        between=SPACES,
    ),
    # sudoers.
    pattern_rule(
        "user",
        "<user>",
        r"(?<![\w.-])(?P<v>(?!ALL\b|root\b)[%+]?[^\W\d_][\w.-]{0,63})\s{1,16}[\w.,-]{1,64}\s{0,4}=\s{0,4}"
        r"\((?:ALL|root)",
        needs=("(all", "(root"),
        flags=re.UNICODE,
    ),
    # Prompts of shells: [name@machine folder]$ and machine:folder name$.
    pattern_rule(
        "path",
        "<path>",
        r"(?<=\[)<email> (?P<v>(?!~\])[^\]\n<]{1,128})(?=\][$#%])",
        needs=("<email> ",),
    ),
    pattern_rule(
        "host",
        "<host>",
        r"(?<![\w.-])(?P<v>[\w.-]{1,64}):[~/<][^\s:]{0,128} [^\W\d_][\w.-]{0,63}[$#%] ",
        needs=(":~", ":/", ":<"),
        flags=re.UNICODE,
    ),
    pattern_rule(
        "user",
        "<user>",
        r"(?:<host>|(?<![\w.-])[\w.-]{1,64}):(?:[~/<][^\s:]{0,128}) "
        r"(?P<v>[^\W\d_][\w.-]{0,63})(?=[$#%] )",
        needs=(":~", ":/", ":<"),
        flags=re.UNICODE,
    ),
    pattern_rule(
        "user",
        "<user>",
        r"\bpassword for [\"'`]?" + _ANY_LOGIN + r"(?=[\"']?:)",
        needs=("password for ",),
    ),
    # Of system logs, and of the sudoers file.
    pattern_rule(
        "user",
        "<user>",
        r"\b(?:by|user) (?P<v>[^\s()<>]{1,64})(?=\(uid=\d)"
        r"|\]: \((?P<w>[^\s()]{1,64})\) (?:CMD|RELOAD|LIST)\b"
        r"|^(?P<x>[^\s#%@]{1,64})\s{1,16}ALL\s?=\s?\(",
        needs=("(uid=", ") cmd ", ") reload ", ") list ", " all"),
    ),
    pattern_rule(
        "user",
        "<user>",
        rf"\bsu(?:\[\d+\])?: (?:FAILED SU )?\(to [^\s()]{{1,64}}\) {_LOGIN}(?= on )",
        needs=("(to ",),
    ),
    pattern_rule(
        "user",
        "<user>",
        rf"\bauthentication failure for {_LOGIN}",
        needs=("authentication failure for ",),
    ),
    pattern_rule(
        "user",
        "<user>",
        rf"{_ANY_LOGIN}[\"'’]?(?:: no such (?:user|group)| is not in the sudoers)",  # noqa: RUF001 - quotation marks of GNU
        needs=(": no such user", ": no such group", " is not in the sudoers"),
    ),
    pattern_rule(
        "user",
        "<user>",
        r"\b(?:getpwnam|getgrnam|getspnam|getgrouplist|initgroups)\(\)?:?[^\"'\n]{0,24}"
        r"[\"'](?P<v>[^\"'\n]{1,64})",
        needs=("getpwnam", "getgrnam", "getspnam", "getgrouplist", "initgroups"),
        between=("'", '"'),
    ),
    pattern_rule(
        "user",
        "<user>",
        r"\b(?:role|database|schema|grantee|tenant) "
        r"[\"'`]{1,2}(?P<v>[^\"'`\n]{1,64})[\"'`]",
        needs=("role ", "database ", "schema ", "grantee ", "tenant "),
        between=SPACES,
    ),
    # MySQL's accounts: 'user'@'host'.
    pattern_rule(
        "host",
        "<host>",
        r"(?<=[\"'`>])@[\"'`](?P<v>[^\"'`\n]{1,255})[\"'`]",
        needs=("'@'", '"@"', "`@`"),
    ),
    pattern_rule(
        "host",
        "<host>",
        r"(?:name or service not known|name resolution|no address associated with"
        r" hostname|enotfound|nodename nor servname provided, or not known)"
        r"[:,]?\s{1,4}[\"'`]?(?P<v>[\w-][\w.-]{0,254})",
        needs=("not known", "name resolution", "no address", "enotfound"),
    ),
    # X displays of another machine: DISPLAY=host:0.
    pattern_rule(
        "host",
        "<host>",
        r"\bdisplay[\"']?\s{0,4}[=:]\s{0,4}[\"']?(?P<v>[^\W_][\w.-]{0,254})(?=:\d)",
        needs=("display",),
        between=("=", ":"),
    ),
)
