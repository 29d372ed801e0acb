"""Scrub one text."""

from __future__ import annotations

import re

from scrubbers.finding import Finding, Scrubbed
from scrubbers.identity import as_identity

_RULES = (
    ("email", "<email>", re.compile(r"[\w.+-]+@[\w.-]+")),
    ("path", "<home>", re.compile(r"(?:/home/|/Users/|\\Users\\)[^/\\\s\"']+|/root\b")),
    ("ip", "<ip>", re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")),
)


def scrub(text: str, *, identity: object = None) -> Scrubbed:
    """Thin version: the most frequent forms only."""
    findings: list[Finding] = []
    for rule, placeholder, pattern in _RULES:
        findings += [
            Finding(rule, "text", len(match.group()))
            for match in pattern.finditer(text)
        ]
        text = pattern.sub(placeholder, text)
    known = as_identity(identity)
    for rule in ("home", "email", "fqdn", "full_name", "host", "user"):
        value = getattr(known, rule)
        if value and value in text:
            findings.append(Finding(rule, "text", len(value)))
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", f"<{rule}>", text)
    return Scrubbed(text, tuple(findings))


def scrub_text(text: str, *, identity: object = None) -> str:
    """The scrubbed text alone."""
    return scrub(text, identity=identity).text
