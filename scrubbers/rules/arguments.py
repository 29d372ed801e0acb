"""Passwords that programs take as arguments: ``htpasswd -b``, ``snmpget -A``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scrubbers.rule import SPACES, pattern_rule

if TYPE_CHECKING:
    from scrubbers.rule import Rule

_LINE = r"\b[^\n|;]{0,200}?"
# Not a flag, and not what was removed before: the next one may follow.
_WORD = r"(?:'\"'\"'|[\"']{1,2})?(?P<v>(?![<-])[^\s\"']{1,255})"
_PAIR = r"[\"']?(?P<v>(?!<)[^\s\"':/]{1,64}:[^\s\"'|]{1,255})"


def _secret(pattern: str, *needs: str) -> Rule:
    return pattern_rule("secret", "<secret>", pattern, needs=needs, between=SPACES)


RULES: Final = (
    # Databases.
    _secret(
        rf"\b(?:bcp|sqlcmd|osql|tsql|isql){_LINE}\s(?-i:-P)\s{{0,2}}{_WORD}",
        *("bcp ", "sqlcmd", "osql ", "tsql ", "isql "),
    ),
    _secret(
        rf"\b(?:mongo\w{{0,8}}|cqlsh){_LINE}\s(?-i:-p)\s{{0,2}}{_WORD}",
        *("mongo", "cqlsh"),
    ),
    # Accounts, and what is handed to a program's standard input.
    _secret(
        r"\b(?:chpasswd|vncpasswd|passwd|cryptsetup|sudo\s{1,2}-S|--password-stdin)"
        rf"[^\n|;]{{0,80}}?<<<\s{{0,2}}{_WORD}",
        *("passwd", "cryptsetup", "sudo ", "password-stdin"),
    ),
    _secret(
        r"\b(?:echo|printf)\s{1,2}(?:-\w{1,3}\s{1,2})?[\"']?"
        r"(?P<v>(?!<)[^\s\"'|]{1,255})[\"']?\s{0,2}\|"
        r"[^\n|;]{0,80}?(?:\bsudo\s{1,2}-\w{0,4}S|passwd\b|-stdin\b|\bcryptsetup)",
        *("echo ", "printf "),
    ),
    _secret(
        r"\bhtpasswd\s{1,2}-\w{0,4}b\w{0,4}\s{1,2}\S{1,255}\s{1,2}"
        r"(?P<v>(?!<)[^\s\"']{1,64}\s{1,2}[^\s\"']{1,255})",
        "htpasswd",
    ),
    _secret(
        rf"(?<![\w-])-(?:\w{{0,4}}storepass|\w{{0,4}}keypass)\s{{1,2}}{_WORD}",
        *("storepass", "keypass"),
    ),
    # Networks.
    _secret(rf"\bhttps?\s{_LINE[2:]}(?:-a|--auth)[\s=]{{1,2}}{_PAIR}", "http", "https"),
    _secret(rf"\biwconfig{_LINE}\bkey\s{{1,2}}{_WORD}", "iwconfig"),
    _secret(
        r"\bwpa_passphrase\s{1,2}(?P<v>(?![<-])[^\s\"']{1,64}\s{1,2}[^\s\"']{1,64})",
        "wpa_passphrase",
    ),
    _secret(rf"\bsnmp\w{{2,10}}{_LINE}\s(?-i:-[cAX])\s{{1,2}}{_WORD}", "snmp"),
    _secret(
        rf"\b(?:plink|pscp|psftp|putty){_LINE}\s-pw\s{{1,2}}{_WORD}",
        *("plink", "pscp", "psftp", "putty"),
    ),
    _secret(
        rf"(?<=\s)/(?:p|u|d|v|gp|gu):{_WORD}",
        "freerdp",
    ),
    _secret(
        r"\bnet\s{1,2}use\b[^\n|;]{0,200}?\s(?P<v>(?!<)[^\s\"'/\\:][^\s\"'\\]{0,254})"
        r"(?=\s{1,2}/user:)",
        "net use",
    ),
    _secret(
        rf"\bnet\s{{1,2}}use\b[^\n|;]{{0,200}}?/user:\S{{1,64}}\s{{1,2}}(?!/){_WORD}",
        "net use",
    ),
    # Clouds and the like.
    _secret(rf"\baz{_LINE}\blogin{_LINE}\s-p[\s=]{{1,2}}{_WORD}", "az login", "az acr"),
    _secret(rf"\bgh{_LINE}\bset{_LINE}\s(?:-b|--body)[\s=]{{1,2}}{_WORD}", "gh "),
    _secret(
        rf"\baws\s{{1,2}}configure\s{{1,2}}set\s{{1,2}}\S{{1,64}}\s{{1,2}}{_WORD}",
        "configure set",
    ),
    _secret(
        r"\bgit\s[^\n|;]{0,120}?\bconfig\s[^\n|;]{0,120}?\."
        rf"(?:password|token|secret|pass|extraheader)\s{{1,2}}{_WORD}",
        *(".password", ".token", ".secret", ".pass", ".extraheader"),
    ),
    _secret(rf"\brclone\s{{1,2}}obscure\s{{1,2}}{_WORD}", "rclone"),
)
