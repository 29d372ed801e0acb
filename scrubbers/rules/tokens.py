"""Secrets by their own shape: issuers' prefixes, JSON web tokens, key files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scrubbers.rule import Rule, Span, Subject, pattern_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

# Prefixes from the issuers' own documentation of their token formats.
_PREFIXED = (
    r"(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA|ABIA|ACCA)[A-Z0-9]{12,}"
    r"|gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}"
    r"|gl(?:pat|dt|rt|soat|ptt|ft|cbt|agent|imt)-[\w-]{10,}|GR1348941[\w-]{16,}"
    r"|xox[abeoprs]-[\w-]{8,}|xapp-[\w-]{8,}"
    r"|sk-[\w-]{12,}|(?:sk|pk|rk|whsec)_(?:live_|test_)?[A-Za-z0-9]{12,}"
    r"|AIza[\w-]{20,}|GOCSPX-[\w-]{10,}"
    r"|pypi-[\w-]{16,}|npm_[A-Za-z0-9]{16,}|rubygems_[0-9a-f]{16,}|crates?_[\w]{16,}|cio\w{20,}"
    r"|do[opr]_v1_[0-9a-f]{16,}|hf_[A-Za-z0-9]{16,}"
    r"|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{16,}|sq0[a-z]{3}-[\w-]{16,}|EAAC?[A-Za-z0-9]{24,}"
    r"|AGE-SECRET-KEY-1[0-9A-Z]{20,}|tskey-[\w-]{10,}"
    r"|dckr_pat_[\w-]{16,}|key-[0-9a-f]{32}"
    r"|dapi[0-9a-f]{24,}|lin_api_\w{16,}|secret_\w{20,}|ntn_\w{20,}|figd_[\w-]{16,}"
    r"|PMAK-[\w-]{16,}|sntry[su]_[\w+/=-]{16,}|glc_[\w+/=-]{16,}|nfp_\w{16,}"
    r"|pul-[0-9a-f]{24,}|r8_\w{20,}|gsk_\w{20,}|sbp_[0-9a-f]{20,}|vercel_\w{16,}"
    r"|EZ[AT]K\w{20,}|NRAK-[A-Z0-9]{16,}|ATATT3[\w=-]{16,}|op_\w{24,}"
    r"|T3BlbkFJ\w{8,}|sgp_\w{16,}|xkeysib-[\w-]{16,}|CFPAT-[\w-]{16,}|ops_\w{20,}"
    r"|waka_[0-9a-f-]{32,}|akab-[\w-]{16,}|RGAPI-[0-9a-f-]{30,}"
    r"|bkua_[0-9a-f]{20,}|CCIPAT_\w{20,}|shippo_(?:live|test)_[0-9a-f]{20,}"
    r"|lsv2_\w{20,}|pscale_\w{20,}"
)

# How all of these begin, in small letters: the literals a text is searched for.
BEGINNINGS = (
    *("akia", "asia", "agpa", "aida", "aroa", "anpa", "abia", "acca"),
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    *("glpat-", "gldt-", "glrt-", "glsoat-", "glptt-", "glft-", "glcbt-", "glagent-"),
    *("glimt-", "xox", "xapp-", "sk-", "sk_", "pk_", "rk_", "whsec_", "aiza"),
    *("gocspx-", "pypi-", "npm_", "rubygems_", "crate_", "crates_", "cio"),
    *("doo_v1_", "dop_v1_", "dor_v1_", "hf_", "shpat_", "shpca_", "shppa_", "shpss_"),
    *("sq0", "eaa", "age-secret-key-", "tskey-", "dckr_pat_", "key-", "dapi"),
    *("lin_api_", "secret_", "ntn_", "figd_", "pmak-", "sntrys_", "sntryu_", "glc_"),
    *("nfp_", "pul-", "r8_", "gsk_", "sbp_", "vercel_", "ezak", "eztk", "nrak-"),
    *("atatt3", "op_", "t3blbkfj", "sgp_", "xkeysib-", "cfpat-", "ops_"),
    *("waka_", "akab-", "rgapi-"),
    *("gr1348941", "bkua_", "ccipat_", "shippo_", "lsv2_", "pscale_"),
)
ISSUED = re.compile(rf"(?<![A-Za-z0-9])(?:{_PREFIXED})=*", re.ASCII)
# Twilio's, Mailgun's, product keys, accounts of Ethereum: too little to search for.
_SID = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Z]{2}(?:[0-9a-f]{32}|[0-9A-F]{32}(?![0-9A-Za-z]))"
    r"|[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}(?![0-9a-f-])"
    r"|(?:[A-Z0-9]{5}-){4}[A-Z0-9]{5}(?![A-Za-z0-9-])"
    r"|0x[0-9A-Fa-f]{40}(?![0-9A-Za-z]))=*",
    re.ASCII,
)
# Each of these has so many digits, but for product keys, which have four hyphens.
_DIGITS = re.compile(r"[0-9A-Fa-f]{32}")
_LONG_ENOUGH = re.compile(r"[\w-]{14,}=*", re.ASCII)


def is_issued(token: str) -> bool:
    """Whether a token of word characters and hyphens holds an issuer's prefix."""
    return ISSUED.search(token) is not None or is_sid(token)


def is_sid(token: str) -> bool:
    """Whether a token holds one of those that have no longer prefix."""
    return _may_be_sid(token) and _SID.search(token) is not None


def _may_be_sid(text: str) -> bool:
    return text.count("-") > 3 or _DIGITS.search(text) is not None


def _find_issued(subject: Subject) -> Iterator[Span]:
    for match in _LONG_ENOUGH.finditer(subject.text):
        for issued in ISSUED.finditer(subject.text, match.start(), match.end()):
            yield Span(issued.start(), issued.end(), "token", "<token>")


def _find_sids(subject: Subject) -> Iterator[Span]:
    for match in _SID.finditer(subject.text) if _may_be_sid(subject.text) else ():
        yield Span(match.start(), match.end(), "token", "<token>")


RULES: Final = (
    Rule("token", _find_issued, needs=BEGINNINGS, before="_.+-"),
    Rule("token", _find_sids, unplain=True),
    pattern_rule(
        "token",
        "<token>",
        r"(?<![A-Za-z0-9])(?:xoxe\.[\w.-]{8,}|ya29\.[\w-]{10,}|1//0[\w-]{20,}"
        r"|SG\.[\w-]{10,}\.[\w-]{10,}|(?:\w{14}\.)?atlasv1\.[\w-]{16,}"
        r"|sl\.[\w-]{40,}|hv[sbr]\.[\w-]{16,}|amzn\.mws\.[\w-]{16,}"
        r"|v[1-4]\.(?:local|public)\.[\w-]{20,}(?:\.[\w-]+)?"
        r"|pscale_(?:pw|tkn|oauth)_[\w.=-]{16,}|00D\w{9,15}![\w.]{20,}"
        r"|[\w~.]{3}\dQ~[\w~.-]{31,}"
        r"|dp\.(?:pt|st|ct)\.[\w-]{20,}|AQ\.[\w-]{20,}|vault:v\d+:\S{8,})",
        needs=(
            "xoxe.",
            "ya29.",
            "1//0",
            "sg.",
            "atlasv1.",
            "sl.",
            "hvs.",
            "hvb.",
            "hvr.",
            "dp.",
            "aq.",
            "vault:v",
            "amzn.mws.",
            ".local.",
            ".public.",
            "pscale_",
            "00d",
            "q~",
        ),
        flags=re.ASCII,
    ),
    pattern_rule(
        "token",
        "<token>",
        r"(?<![A-Za-z0-9_-])ey[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_=-]*\.?[A-Za-z0-9_.+/=-]*",
        needs=("eyj", "eya", "eyi"),
        flags=re.ASCII,
    ),
    pattern_rule(
        "token",
        "<token>",
        r"(?<!\d)\d{8,10}:AA[\w-]{30,}",
        needs=(":aa",),
        flags=re.ASCII,
    ),
    pattern_rule(
        "key",
        "<secret>",
        r"(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\S{1,40}|sk-ssh-\S{1,40})\s+"
        r"[A-Za-z0-9+/=]{16,}(?:[ \t]+[^\s\"']+)?",
        needs=("ssh-", "ecdsa-"),
    ),
    # What is left of one whose parts are joined by other characters.
    pattern_rule(
        "token",
        "<token>",
        r"<(?:secret|token)>(?P<v>[.~](?:(?=[\w.~=-]*\d)[\w.~=-]{8,}"
        r"|[\w-]{6}(?=\.<secret>)))",
        needs=("<secret>.", "<secret>~", "<token>.", "<token>~"),
        flags=re.ASCII,
    ),
    pattern_rule(
        "token",
        "<token>",
        r"(?P<v>(?<![\w.-])[\w-]{17,28}\.[\w-]{6}\.)<(?:secret|token)>",
        needs=(".<secret>", ".<token>"),
        flags=re.ASCII,
    ),
    # A fingerprint tells whose key it is.
    pattern_rule(
        "key",
        "<secret>",
        r"\bSHA256:(?P<v>[A-Za-z0-9+/]{43})(?![A-Za-z0-9+/])",
        needs=("sha256:",),
        flags=re.ASCII,
    ),
    # One line of a key whose line breaks were escaped or lost.
    pattern_rule(
        "key",
        "<secret>",
        r"-----BEGIN [A-Za-z0-9 ]{0,40}(?:PRIVATE KEY|MESSAGE|CERTIFICATE"
        r"|KEY BLOCK|Static key V\d)[A-Z ]{0,10}-----"
        r"[^-]*(?:-----END [A-Za-z0-9 ]{1,60}-----)?",
        needs=("-----begin",),
    ),
)

# A whole key over several lines; what follows an unclosed one goes too, as far as it
# still looks like key material.
KEY_BLOCK = re.compile(
    r"----(?:-| )BEGIN [A-Za-z0-9 ]{0,40}(?:PRIVATE KEY|MESSAGE|CERTIFICATE"
    r"|KEY BLOCK|Static key V\d)[A-Z ]{0,10}----"
    r"(?:[^-]|-(?!---))*(?:----(?:-| )END [A-Za-z0-9 ]{1,60}-----?)?"
)
