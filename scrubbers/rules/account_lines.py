"""Lines of the system and of version control that name an account or a person."""

from __future__ import annotations

import re
from typing import Final

from scrubbers.rule import SPACES, Rule, pattern_rule
from scrubbers.rules.letters import MARKS

_LOGIN = rf"[^\W\d_][\w.{MARKS}-]{{0,63}}\$?"
_NAME = rf"[^\W\d_](?:[\w.'\u2019{MARKS}-]| (?=[^\W\d_])){{0,79}}"
_END = r"(?=[\s\"'\\<|`\])}]{0,8}(?:$|[\"'\\<;,|`\])}]))"
_PERMISSIONS = r"(?:(?<![\w-])|(?<=^-))[bcdlps-][rwxsStT-]{9}[.+@]?"
_DAY = r"(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ \d]\d"


def _user(
    pattern: str,
    *needs: str,
    outlines: tuple[str, ...] = (),
    between: tuple[str, ...] = (),
    flags: re.RegexFlag = re.IGNORECASE,
) -> Rule:
    return pattern_rule(
        *("user", "<user>", pattern),
        needs=needs,
        outlines=outlines,
        between=between,
        flags=flags,
    )


def _name(pattern: str, *needs: str, outlines: tuple[str, ...] = ()) -> Rule:
    return pattern_rule("name", "<name>", pattern, needs=needs, outlines=outlines)


RULES: Final = (
    # Numbers of accounts with their names: coredumpctl, stat, loginctl.
    _user(
        rf"\b[ug]id:\s{{0,8}}\(?\s{{0,8}}\d{{1,10}}\s{{0,2}}[/(]\s{{0,16}}"
        rf"(?P<v>{_LOGIN})\s{{0,8}}\)",
        *("uid:", "gid:"),
    ),
    _user(
        rf"\b\d{{1,6}}\s{{1,8}}\d{{1,10}}\s{{1,4}}(?P<v>{_LOGIN})\s{{1,16}}seat\d",
        "seat",
    ),
    # The number alone, where it is one that an organisation gave: systemd, D-Bus.
    _user(r"\buser[@-](?P<v>\d{4,10})(?=\.(?:service|slice))", ".service", ".slice"),
    _user(
        r"\b(?:a|e|r|s|fs|o)?uid=(?P<v>(?!1000\b|65534\b)\d{4,10})\b",
        "uid=",
        between=("=",),
    ),
    # Rows of top and lsof.
    _user(
        rf"(?<!\S)\d{{1,7}}\s{{1,4}}(?P<v>{_LOGIN}\+?)\s{{1,16}}(?:rt|-?\d{{1,3}})"
        rf"\s{{1,4}}-?\d{{1,2}}"
        r"\s{1,8}[\d.]{1,10}[gmt]?\s{1,8}[\d.]{1,10}[gmt]?\s{1,8}[\d.]{1,10}[gmt]?"
        r"\s{1,4}[RSDZTtIX]\s",
        outlines=("0:00.00",),
        flags=re.UNICODE,
    ),
    _user(
        rf"(?<!\S)\d{{1,7}}\s{{1,4}}(?P<v>{_LOGIN})\s{{1,4}}(?:cwd|rtd|txt|mem|DEL|"
        rf"\d{{1,5}}[rwu]?[a-zA-Z]?)\s{{1,8}}"
        r"(?:DIR|REG|CHR|BLK|FIFO|LINK|PIPE|unix|sock|IPv[46]|a_inode|netlink)\b",
        *(" dir ", " reg ", " chr ", " blk ", " fifo ", " unix ", " sock "),
        *(" ipv4 ", " ipv6 ", " a_inode ", " netlink "),
        flags=re.UNICODE,
    ),
    # Rows of who, w, last and lastlog, behind whatever a log put before them.
    _user(
        rf"(?:(?<![\w.$-])|(?<=^-))(?P<v>(?!tty\d){_LOGIN})\s{{1,32}}(?:pts/\d+"
        rf"|tty\w{{0,4}}\d|console)"
        rf"\s{{1,16}}"
        rf"(?:\S{{1,64}}\s{{1,32}})?(?:\d{{4}}-\d\d-\d\d|{_DAY}|(?=\d\d:\d\d\s)) ?\d"
        rf"\d:\d\d",
        *(" pts/", " tty", " console"),
        flags=re.UNICODE,
    ),
    # A web server's log: address, identity, account, time.
    _user(
        r"(?<=\s)(?P<v>[^\s\"'\[\]<>-][^\s\"'\[\]<>]{0,63})(?= \[\d\d/[A-Z][a-z]{2}/"
        r"\d{4}:)",
        outlines=(" [00/aaa/0000:",),
        flags=re.UNICODE,
    ),
    # /etc/group: the members.
    _user(
        rf"(?<![\w.-])[\w.-]{{1,32}}:[x!*]?:\d{{1,7}}:(?P<v>{_LOGIN}"
        rf"(?:,{_LOGIN}){{0,64}})(?![\w:])",
        ":x:",
    ),
    _user(
        rf"{_PERMISSIONS}\s{{1,4}}(?P<v>[^\s/]{{1,64}}/[^\s/]{{1,64}})\s{{1,16}}\d",
        "rw-",
        "r-x",
        "rwx",
        "r--",
    ),
    _user(
        r"(?:# group: |(?:(?<![\w.-])|(?<=^-))Group=)"
        rf"(?P<v>(?!(?:root|users|nogroup|nobody)\b){_LOGIN}){_END}",
        *("# group: ", "group="),
    ),
    # systemd and ssh name an account at the end of a line.
    _user(
        rf"(?:^|[>|+#:]|\s)\s{{1,8}}(?-i:User) (?P<v>{_LOGIN})\s{{0,8}}$",
        " user ",
        between=SPACES,
    ),
    # What programs say.
    _user(rf"\b(?:pkexec|doas)(?:\[\d+\])?: (?P<v>{_LOGIN}): ", "pkexec", "doas"),
    _user(
        r"\buser (?P<v>[^\s<>\"':]{1,64})(?= not found\b| does not exist\b)",
        *(" not found", " does not exist"),
    ),
    _user(rf"\bnew (?:user|group): name=(?P<v>{_LOGIN})", "name="),
    _user(rf"\buser name: (?P<v>{_LOGIN})(?=\s{{1,8}}host name)", "user name: "),
    _user(
        r"\buser \\?[\"'`]{1,2}(?P<v>[^\"'`\\\n<>]{1,64})\\?[\"'`]",
        *('user "', "user '", "user `", "user \\"),
    ),
    _user(r"\bowned by: (?P<v>\S{1,64})", "owned by: "),
    _user(
        r"\bget(?:pw|gr|sp)nam(?:_r)?\((?P<v>[^\s()\"'<>]{1,64})\)",
        "pwnam(",
        "grnam(",
        "spnam(",
    ),
    _user(
        rf"\b(?:runuser -u|homectl (?:activate|deactivate|inspect|create|update"
        rf"|remove|lock|unlock|passwd|with)"
        rf"|userdbctl user|loginctl (?:user-status|show-user|terminate-user"
        rf"|kill-user))\s{{1,4}}(?P<v>{_LOGIN})",
        *("runuser", "homectl", "userdbctl", "loginctl"),
        between=SPACES,
    ),
    _user(
        r"\b(?:invalid|authenticating|illegal|disconnected from|closed by|reset by)"
        r" user (?P<v>[^\s<>\"']{1,64})"
        r"(?= (?:<ip>|[\da-f.:]{3,45}) port )",
        *(
            "invalid user ",
            "authenticating user ",
            "illegal user ",
            " from user ",
            " by user ",
        ),
    ),
    _user(
        r"\bauthenticating to \S{1,255} as ['\"](?P<v>[^'\"\n]{1,64})",
        "authenticating to ",
    ),
    _user(r"/USERDATA/(?P<v>[^\s_/@\"']{1,64})", "/userdata/"),
    _user(
        rf"\bsession \w{{1,16}} (?:of|for) user (?P<v>{_LOGIN})",
        *(" of user ", " for user "),
    ),
    _user(
        r"(?<![\w-])--user[= ]{1,2}[\"']?(?P<v>[^\s\"'<:-][^\s\"':]{0,63})",
        "--user",
    ),
    # Windows: an account before its identifier, and in its logs of events.
    _user(
        r"(?<![\w\\.-])(?P<v>[\w.-]{1,15}\\[\w.-]{1,64})(?=\s{1,8}(?:S-1-|<user>))",
        "s-1-5-",
        "<user>",
    ),
    _user(
        r"\b(?:subject|target|sam|caller|logon)?(?:user|account|domain)name\\?[\"']?>"
        r"(?P<v>[^<\"\n]{1,128})(?=</)",
        "name",
        between=("<",),
    ),
    _user(
        r"\b(?:account name|account domain|user name|logon id|user id|login name)"
        r"\s{0,8}:?\s{2,40}"
        rf"(?P<v>(?!Sid\b){_LOGIN}){_END}",
        *("account name", "account domain", "user name", "user id", "login name"),
    ),
    _name(
        rf"\b(?:user name|real name|login): (?P<v>{_NAME} ?\([^()\n]{{1,64}}\))",
        *("user name: ", "real name: ", "login: "),
    ),
    # The columns of Windows' systeminfo and net user.
    _name(
        rf"\b(?:registered owner|registered organi[sz]ation|full name|owner name)"
        rf"\s{{0,24}}:?\s{{2,40}}"
        rf"(?P<v>{_NAME}){_END}",
        *("registered o", "full name", "owner name"),
    ),
    _name(
        r"\bregistered(?:owner|organi[sz]ation)\\?[\"']?\s{0,4}=\s{0,4}\\?[\"']"
        r"(?P<v>[^\"'\\\n]{1,128})",
        "registered",
    ),
    # An annotated line of version control.
    _name(
        rf"\((?P<v>{_NAME})\s{{1,24}}\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{{4}}\s",
        outlines=("-00-00 00:00:00 +0000", "-00-00 00:00:00 -0000"),
    ),
    # Beside a mailbox: address (name), and name and mail in a list of authors.
    _name(
        r"\b(?:reply-to|from|to|cc|bcc|sender|by|author):?\s{1,4}(?:<email>|[^"
        r"\s@<>]{1,64}@[^\s@<>]{1,255})"
        rf" \((?P<v>{_NAME})\)",
        *("<email> (", "@"),
    ),
    _name(
        r"\bname\\?[\"']?\s{0,4}[:=]\s{0,4}\\?[\"'](?P<v>[^\"'\\\n<>]{1,80})\\?[\"'],"
        r"\s{0,8}\\?[\"']?e?-?mail\b",
        "mail",
    ),
    _name(
        r"\be?-?mail\\?[\"']?\s{0,4}[:=]\s{0,4}\\?[\"'][^\"'\\\n]{1,255}\\?[\"'],"
        r"\s{0,8}\\?[\"']?name\\?[\"']?"
        r"\s{0,4}[:=]\s{0,4}\\?[\"'](?P<v>[^\"'\\\n<>]{1,80})",
        "mail",
    ),
    # Directories and cards (RFC 2849, RFC 6350).
    _name(
        rf"(?:(?<![\w.-])|(?<=^[+-]))(?:(?-i:cn|CN|sn|SN|FN|givenName)|gecos"
        rf"|displayname)"
        rf"(?:;[\w=,-]{{1,40}})?: ?(?P<v>{_NAME}){_END}",
        *(
            "cn:",
            "sn:",
            "fn:",
            "givenname:",
            "gecos:",
            "displayname:",
            "cn;",
            "sn;",
            "fn;",
        ),
    ),
    # Elements of XML; their end must be named, or a placeholder would be a beginning.
    _name(
        r"<(?P<element>(?:[\w:.-]{0,30}[._:-])?(?:full-?name|display-?name|real-?name|first-?name"
        r"|last-?name|surname|author"
        r"|committer|given-?name))(?: [^<>\n]{1,80})?>(?P<v>[^<\"\n]{1,128})"
        r"(?=</(?P=element)\b)",
        "</",
    ),
    _user(
        r"<(?P<element>(?:[\w:.-]{0,30}[._:-])?(?:user-?name|user|login|login-?name|owner"
        r"|account))(?: [^<>\n]{1,80})?>"
        r"(?P<v>[^<\"\n]{1,128})(?=</(?P=element)\b)",
        "</",
    ),
)
