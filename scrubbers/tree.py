"""Scrub a JSON-like tree: every string, and every key."""

from __future__ import annotations

from scrubbers.finding import Finding
from scrubbers.identity import as_identity
from scrubbers.text import scrub


def scrub_tree(
    value: object, *, identity: object = None
) -> tuple[object, tuple[Finding, ...]]:
    """Thin version: the tree's scrubbed copy and what was removed from it."""
    known = as_identity(identity)
    findings: list[Finding] = []

    def walk(node: object, place: str) -> object:
        if isinstance(node, str):
            result = scrub(node, identity=known)
            findings.extend(
                Finding(found.rule, place, found.length) for found in result.findings
            )
            return result.text
        if isinstance(node, dict):
            return {
                walk(key, place): walk(child, f"{place}.{key}")
                for key, child in node.items()
            }
        if isinstance(node, (list, tuple)):
            return [walk(child, f"{place}[{at}]") for at, child in enumerate(node)]
        return node

    return walk(value, ""), tuple(findings)
