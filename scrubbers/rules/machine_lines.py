"""Lines of the system and of network tools that name a machine or an address."""

from __future__ import annotations

import re
from typing import Final

from scrubbers.rule import Rule, pattern_rule
from scrubbers.rules.public_hosts import is_public_host

_HOST = r"[^\W_][\w.-]{0,254}"
_IP = r"(?:<ip>|127\.0\.\d\.1|(?:\d{1,3}\.){3}\d{1,3})"
_NAMES = rf"(?:{_HOST}|<host>)"


def _is_private_name(name: str) -> bool:
    return not is_public_host(name)


def _host(
    pattern: str,
    *needs: str,
    outlines: tuple[str, ...] = (),
    flags: re.RegexFlag = re.IGNORECASE,
) -> Rule:
    return pattern_rule(
        *("host", "<host>", pattern),
        needs=needs,
        outlines=outlines,
        accept=_is_private_name,
        flags=flags,
    )


RULES: Final = (
    # syslog (RFC 5424): priority and version, time, machine.
    _host(
        rf"<\d{{1,3}}>1 \d{{4}}-\d\d-\d\dT[\d:.+Z-]{{8,30}} (?P<v>{_HOST})(?= )",
        outlines=("<0>0 0000-", "<00>0 0000-", "<000>0 0000-"),
    ),
    # /etc/hosts: an address, and names of which one is known to be a machine's.
    _host(
        rf"(?<![\w.]){_IP}[ \t]{{1,16}}(?P<v>(?!(?:to|at|as|port|via|for|in|on|from"
        rf"|is|was|and|or)\b)"
        rf"{_NAMES}(?:[ \t]{{1,16}}{_NAMES}){{1,6}})"
        rf"(?=\s{{0,4}}(?:$|[\"'\\<,\])}}”\u2019“\u2018»;]))",
        *("<host>",),
    ),
    _host(
        rf"\bDHCP(?:REQUEST|DISCOVER|ACK|OFFER|INFORM)\b[^\n(]{{0,80}}\("
        rf"(?P<v>{_HOST})\) via",
        "dhcp",
    ),
    _host(rf"\blookup (?P<v>{_HOST})(?= on (?:<ip>|[\d\[])|: no such host)", "lookup "),
    _host(
        rf"(?P<v>{_HOST}): (?:name or service not known|nodename nor servname|no such"
        rf" host|temporary failure in name)",
        *("not known", "nor servname", "no such host", "failure in name"),
    ),
    _host(rf"\bunknownhost\w{{0,16}}: (?P<v>{_HOST})", "unknownhost"),
    # Ansible's lines for each machine.
    _host(
        rf"\b(?:ok|changed|skipping|failed|fatal|unreachable|rescued|ignored): \["
        rf"(?P<v>{_HOST})(?: -> [^\]\n]{{1,255}})?\]",
        *(
            "ok: [",
            "changed: [",
            "skipping: [",
            "failed: [",
            "fatal: [",
            "unreachable: [",
            "rescued: [",
            "ignored: [",
        ),
    ),
    _host(
        r"\bWM_CLIENT_MACHINE\(\w{1,24}\) = \\?[\"'](?P<v>[^\"'\\\n]{1,255})",
        "wm_client_machine",
    ),
    _host(
        rf"\bhostname set to\s{{1,4}}[<\"'`]{{0,2}}(?P<v>{_HOST})", "hostname set to"
    ),
    # screen -ls: process, terminal, machine.
    _host(
        rf"(?<![\w.])\d{{2,7}}\.(?:pts-\d{{1,5}}|tty\w{{0,6}})\.(?P<v>{_HOST})",
        ".pts-",
        ".tty",
    ),
    # X's cookies (xauth list) begin with the machine.
    _host(rf"(?<![\w.-])(?P<v>{_HOST})(?=/unix:\d)", "/unix:"),
    _host(
        rf"\b(?:host|computer|machine|system|netbios) name\s{{0,24}}[:.]{{0,2}}"
        rf"\s{{1,40}}(?P<v>(?!is\b|of\b){_HOST})"
        r"(?=[\s\"'\\<|`\])}]{0,8}(?:$|[\"'\\<;,|`\])}]))",
        *("host name", "computer name", "machine name", "system name", "netbios name"),
    ),
    _host(
        rf"\b(?:host|computer|machine) name: {{1,40}}(?P<v>{_HOST})",
        *("host name: ", "computer name: ", "machine name: "),
    ),
    _host(
        r"<(?P<element>(?:[\w:.-]{0,30}[._:-])?(?:host-?name|host|computer|workstation"
        r"|workstation-?name|machine|node-?name"
        rf"|server))(?: [^<>\n]{{1,80}})?>(?P<v>{_HOST})(?=</(?P=element)\b)",
        "</",
    ),
    # tcpdump and the BSDs' netstat put the port after a full stop.
    pattern_rule(
        "ip",
        "<ip>",
        r"(?<![\w.])(?P<v>(?:\d{1,3}\.){3}\d{1,3})(?=\.\d{1,5}(?: > |: |"
        r" {2,24}\S{1,45} {2,24}[A-Z]))"
        r"|(?<= > )(?P<w>(?:\d{1,3}\.){3}\d{1,3})(?=\.\d{1,5}\b)",
        outlines=(".0.0", ".0.00", ".00.0", ".00.00", ".000.0", ".000.00"),
        needs=(" > ", "established", "listen", "_wait"),
    ),
)
