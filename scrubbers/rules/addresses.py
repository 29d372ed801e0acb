"""Addresses of people and machines: e-mail, IP, MAC, URLs, remotes, host names."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final

from scrubbers.rule import Rule, Span, Subject, pattern_rule
from scrubbers.rules.letters import MARKS
from scrubbers.rules.public_hosts import is_public_host, is_public_url

if TYPE_CHECKING:
    from collections.abc import Iterator

# Three of six pairs of hexadecimal digits, as outlines; the rest would be as many.
_HEX_PAIRS = tuple(
    f"{separator}{one}{separator}{two}{separator}"
    for separator in ":-_"
    for one in ("00", "0a", "a0", "aa")
    for two in ("00", "0a", "a0", "aa")
)
_NOT_A_MAILBOX = re.compile(
    r"\d+(?:\.\d+){1,2}[\w.+-]*|\d+|[\w.-]+\.(?:service|socket|timer|target|slice"
    r"|scope|mount|path|device|swap|py|so(?:\.\d+)*|c|h|rs|js|ts)"
    r"|@?(?:GLIBC|GLIBCXX|CXXABI|GCC|OPENSSL|LIB\w*|[A-Z][A-Z0-9]+)_[\w.]+|(?:plt|got|entry|Base)(?:[+-]\w{1,20})?"
    r"|[a-z0-9_]*\{\w*",
    re.ASCII,
)


# Mailboxes all the same, though a file's ending follows.
_MAILBOX_FIRST = re.compile(r"localhost\.|(?:[\w-]+\.)+(?:com|org|net|edu|de|fr|uk)\.")


def _is_mailbox(text: str) -> bool:
    domain = text.rpartition("@")[2]
    if _MAILBOX_FIRST.match(domain):
        return True
    return _NOT_A_MAILBOX.fullmatch(domain) is None


def _is_private_ipv4(text: str) -> bool:
    """Whether it is an address at all, and not one that every machine has."""
    octets = [int(part) for part in text.split(".")]
    if max(octets) > 255:
        return False
    return text not in {"0.0.0.0", "127.0.0.1", "255.255.255.255"}  # noqa: S104 - text, not a socket


def _is_private_ipv6(text: str) -> bool:
    if text.count(":") < 2 or not any(character.isdigit() for character in text):
        return False
    try:
        address = ipaddress.IPv6Address(text.partition("%")[0])
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified)


_IPV6 = re.compile(
    r"(?:(?<![0-9A-Za-z:.])|(?<=[A-Za-z_]{5}:)|(?<=[G-Zg-z_]:))(?=[0-9a-f]{0,4}:[0-9a-f:]{0,39}:)"
    r"(?:[0-9a-f:]{2,39}\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]{2,39}(?<![^:]:))"
    r"(?:%[\w.-]{1,16})?(?!\w|:[\w:])",
    re.IGNORECASE,
)


def _find_ipv6(subject: Subject) -> Iterator[Span]:
    text = subject.text
    if "::" not in text and text.count(":") < 6:
        return
    for match in _IPV6.finditer(text):
        if _is_private_ipv6(match.group()):
            yield Span(match.start(), match.end(), "ip", "<ip>")


def _is_private_name(name: str) -> bool:
    return not is_public_host(name)


def _is_private_address(address: str) -> bool:
    """The same of an address without its scheme."""
    return not is_public_url(f"https://{address}")


def _is_private_url(url: str) -> bool:
    return not is_public_url(url)


_URL_END = r"(?:[^\s\"'<>`\\^{|}\x00-\x1f]|(?<=\w)'(?=\w))"
# Line and column stay where an address names a source file, as in JavaScript stacks.
_SOURCE = rf"{_URL_END}{{1,300}}?\.[a-z]{{2,4}}(?=(?::\d{{1,7}}){{1,2}}(?![\w:./-]))"
# A part of a host name; vowel signs of Indian scripts are no word characters to re.
_NODE = r"[\w\x80-\U0010ffff-]{1,63}"
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
# Ending with one of these, a dotted name is a host and hardly ever code.
_HOST_ENDINGS = (
    "com|net|org|edu|gov|mil|int|eu|de|fr|nl|be|ch|se|no|dk|fi|cz|sk|hu|ro|bg|gr|pt"
    "|br|mx|cl|jp|cn|kr|tw|hk|sg|vn|au|nz|za|ru|ua|by|kz|tr|il|ir|sa|ae|eg|ie|lt|lv|ee"
    "|si|hr|uk|ca|us|co|tv|cloud|online|tech|xyz"
    "|example|onion|invalid|local|lan|localdomain|internal|intranet|fritz\\.box|corp|home|private|domain|home\\.arpa|arpa"
)
# These are also attributes and modules (logger.info), so the name must look the part.
_DOUBTFUL_ENDINGS = (
    "info|biz|name|io|dev|app|me|ai|it|es|at|in|is|to|cc|id|my|ph|th|eus|pl|rs"
    "|ng|ke|gh|tz|ug|ma|dz|tn|pk|lk|np|bd|kh|mn|ge|az|uz|kg|al|ba|mk|mt|cy|lu|li|mc|gg"
    "|je|tt|jm|cu|pr|gt|hn|ni|cr|pa|ve|ec|pe|bo|uy|fj"
)


def _dotted(endings: str) -> tuple[str, ...]:
    return tuple("." + ending.replace("\\", "") for ending in endings.split("|"))


RULES: Final = (
    pattern_rule(
        "url",
        "<url>",
        rf"(?<![A-Za-z])(?!file:)[a-z][a-z0-9+.-]{{1,24}}:(?://|\\/\\/)(?:{_SOURCE}|{_URL_END}+)",
        needs=("://", ":\\/\\/"),
        accept=_is_private_url,
    ),
    pattern_rule(
        "remote",
        "<url>",
        rf"(?<![\w.+-])[\w.+-]{{1,64}}@(?:{_NODE}(?:\.{_NODE}){{0,8}}|\[[0-9a-f:.]+\])"
        r":(?![\d\s:]*(?:\s|$))(?:[^\s\"'<>`]|(?<=\w)'(?=\w))+",
        needs=("@",),
    ),
    # RFC 5322 allows a mailbox in quotes.
    pattern_rule(
        "email",
        "<email>",
        rf"\"(?P<v>[^\"\n\\]{{1,64}}\\?\"{{1,2}}@\[?{_NODE}(?:\.{_NODE}){{0,8}}\]?)",
        needs=('"@',),
    ),
    pattern_rule(
        "url",
        "<url>",
        r"\bmagnet:\?(?P<v>[^\s\"'<>]{3,2048})",
        needs=("magnet:?",),
    ),
    # Oracle's way: name/password@machine.
    pattern_rule(
        "url",
        "<url>",
        r"(?<![\w/.-])(?P<v>[\w.-]{1,64}/[^\s/@\"'<>]{1,64}@)(?=(?://)?(?:[\w<]|\[))",
        needs=("@",),
    ),
    # A repository on another machine, told by its end.
    pattern_rule(
        "remote",
        "<url>",
        r"(?<![\w.@-])(?:[A-Za-z][\w.-]{1,255}|<host>):(?!//)[\w.~/+-]{1,255}\.git\b",
        needs=(".git",),
    ),
    pattern_rule(
        "email",
        "<email>",
        # The sign before it may be that of a line of a diff.
        rf"(?<![\w.+{MARKS}-])[.+-]{{0,64}}"
        rf"(?P<v>\w(?:[\w.+'{MARKS}-]|%(?![0-9A-Fa-f]{{2}})){{0,127}}@{{1,2}}"
        rf"(?:<[a-z]+>|\[?{_NODE}(?:\.{_NODE}){{0,8}}\]?))",
        needs=("@",),
        accept=_is_mailbox,
    ),
    pattern_rule(
        "email",
        "<email>",
        r"(?<![\w.+-])[\w.+-]{1,64} ?(?:\[at\]|\(at\)|\{at\}| at ) ?[\w-]{1,63}"
        r"(?: ?(?:\[dot\]|\(dot\)| dot |\.) ?[\w-]{1,63}){1,4}",
        needs=("[at]", "(at)", "{at}", " dot "),
    ),
    pattern_rule(
        "mac",
        "<mac>",
        r"(?<![0-9a-f-])(?:(?<!:)|(?<=[A-Za-z]{5}:)|(?=..[_-]))[0-9a-f]{2}(?:(?P<s>[:_-])[0-9a-f]{2}(?:(?P=s)[0-9a-f]{2}){4}"
        r"(?:(?P=s)[0-9a-f]{2}(?P=s)[0-9a-f]{2})?)(?![:-]?[0-9a-f])",
        outlines=_HEX_PAIRS,
    ),
    pattern_rule(
        "mac",
        "<mac>",
        r"(?<![0-9a-f.])[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}(?![0-9a-f.])",
        outlines=tuple(
            f".{one}{two}."
            for one in ("00", "0a", "a0", "aa")
            for two in ("00", "0a", "a0", "aa")
        ),
    ),
    pattern_rule(
        "mac",
        "<mac>",
        r"\b(?:mac|hwaddr|ether|lladdr|bssid|enx|wlx)[\s:=_-]{0,3}(?:addr(?:ess)?)?"
        r"[\"'\s:=]{0,4}(?P<v>[0-9a-f]{12})(?![0-9a-f])",
        needs=("mac", "hwaddr", "ether", "lladdr", "bssid", "enx", "wlx"),
        before=".+-",
    ),
    # As the BSDs write it, without leading zeros.
    pattern_rule(
        "mac",
        "<mac>",
        r"\b(?:mac|hwaddr|ether|lladdr|bssid)[\s:=]{1,3}(?:addr(?:ess)?[\s:=]{1,3})?"
        r"(?P<v>[0-9a-f]{1,2}(?::[0-9a-f]{1,2}){5})(?![\w:])",
        needs=("mac", "hwaddr", "ether", "lladdr", "bssid"),
        before=".+-",
    ),
    Rule("ip", _find_ipv6, needs=(":",), between=("::",)),
    pattern_rule(
        "ip",
        "<ip>",
        r"(?<![\d.])(?<![vV])(?<![=~<>!]=)(?<!ersion )(?:(?<![A-Za-z]/)|"
        r"(?<=[tu][cd]p/))(?<![A-Za-z]-)(?:\d{1,3}\.){3}\d{1,3}"
        r"(?![\d]|\.\d)",
        outlines=(".0.", ".00.", ".000."),
        accept=_is_private_ipv4,
    ),
    pattern_rule(
        "ip",
        "<ip>",
        r"(?<!\w)(?:ip|ec2|host|dhcp|dyn|static|pool|cpe)-(?:\d{1,3}-){3}\d{1,3}(?![\d-])",
        outlines=("a-0-", "a-00-", "a-000-"),
    ),
    # An address without its scheme: what follows the host names people, too.
    pattern_rule(
        "url",
        "<url>",
        rf"(?<![\w.@/\\<>-])(?:{_LABEL}\.){{1,6}}(?:{_HOST_ENDINGS})"
        rf"(?::\d{{1,5}})?/{_URL_END}+",
        needs=tuple(f"{ending}/" for ending in _dotted(_HOST_ENDINGS))
        + tuple(f"{ending}:" for ending in _dotted(_HOST_ENDINGS)),
        accept=_is_private_address,
        between=("/",),
    ),
    pattern_rule(
        "host",
        "<host>",
        rf"(?<![\w.@/\\<>-])(?<!%(?=[0-9A-Fa-f]{{2}}))(?:{_LABEL}\.){{1,6}}(?:{_HOST_ENDINGS})"
        r"(?![\w(=>]|<(?![\u2026/])|-\w|\.\w|\[(?!\d+\]:))",
        needs=_dotted(_HOST_ENDINGS),
        accept=_is_private_name,
    ),
    pattern_rule(
        "host",
        "<host>",
        rf"(?<![\w.@/\\<>-])(?<!%(?=[0-9A-Fa-f]{{2}}))(?=[\w.-]*[\d-])(?:{_LABEL}\.){{1,6}}(?:{_DOUBTFUL_ENDINGS})"
        r"(?![\w(=>]|<(?![\u2026/])|-\w|\.\w|\[(?!\d+\]:))",
        needs=_dotted(_DOUBTFUL_ENDINGS),
        accept=_is_private_name,
    ),
    # Between tags.
    pattern_rule(
        "host",
        "<host>",
        rf"(?<=>)(?:{_LABEL}\.){{1,6}}(?:{_HOST_ENDINGS}|{_DOUBTFUL_ENDINGS})(?=</|:\d)",
        needs=("</",),
        accept=_is_private_name,
    ),
)
