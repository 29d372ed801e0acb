"""Scrub a JSON-like tree: every string and key, under limits of depth and size."""

from __future__ import annotations

from typing import Final

from scrubbers.finding import Finding
from scrubbers.identity import as_identity
from scrubbers.policy import Policy, policy_for
from scrubbers.rules.credentials import is_flag, is_secret_key, is_secret_value
from scrubbers.rules.mentions import (
    HOST_KEY,
    PERSON_KEY,
    USER_KEY,
    is_naming_value,
)
from scrubbers.text import DROPPED, scrub_with

MAX_DEPTH: Final = 64
MAX_NODES: Final = 200_000
MAX_TEXT: Final = 4_000_000

_NAMING_KEYS = (
    (USER_KEY, "user", "<user>"),
    (PERSON_KEY, "name", "<name>"),
    (HOST_KEY, "host", "<host>"),
)


def scrub_tree(
    value: object, *, identity: object = None
) -> tuple[object, tuple[Finding, ...]]:
    """Scrub whatever ``json.loads`` may give, and what it may be made of.

    Strings are scrubbed as texts, keys too. A value under a secret's name (and one
    after ``"--password"`` in a list) goes whole, one under a person's or machine's
    name too. Tuples and sets become lists; bytes are read as UTF-8. What is neither
    text, number, truth value, null, list nor mapping is dropped, and so is all below
    ``MAX_DEPTH`` levels, after ``MAX_NODES`` values, and any text of more than
    ``MAX_TEXT`` characters.

    Returns:
        The scrubbed copy, and what was removed; places are paths such as
        ``"exception.values[0].type"``, made of scrubbed keys.
    """
    try:
        walk = _Walk(policy_for(as_identity(identity)))
        return walk.scrub(value, "", 0), tuple(walk.findings)
    except Exception:  # noqa: BLE001 - doubt means no: what cannot be scrubbed goes
        return DROPPED, (Finding("error", "", 0),)


class _Walk:
    """One walk over a tree, and what it has found and counted so far."""

    def __init__(self, policy: Policy) -> None:
        self.findings: list[Finding] = []
        self._policy = policy
        self._nodes = 0

    def scrub(self, value: object, place: str, depth: int) -> object:  # noqa: PLR0911 - one way out for each kind
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            return self._drop("limit", place, value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, (int, float)):
            return self._scrub_number(value, place)
        if isinstance(value, str):
            return self._scrub_text(value, place)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return self._scrub_text(bytes(value).decode("utf-8", "replace"), place)
        if isinstance(value, dict):
            return self._scrub_mapping(value, place, depth)
        if isinstance(value, (list, tuple, set, frozenset)):
            return self._scrub_list(list(value), place, depth)
        return self._drop("type", place, None)

    def _scrub_mapping(
        self, mapping: dict[object, object], place: str, depth: int
    ) -> dict[str, object]:
        scrubbed: dict[str, object] = {}
        for key, value in mapping.items():
            name = self._scrub_text(str(key), f"{place}.<key>" if place else "<key>")
            while name in scrubbed:  # two keys that became one placeholder
                name += "_"
            inside = f"{place}.{name}" if place else name
            scrubbed[name] = self._scrub_named(str(key), value, inside, depth + 1)
        return scrubbed

    def _scrub_named(self, key: str, value: object, place: str, depth: int) -> object:
        """Scrub a value by what its key says it is."""
        if is_secret_key(key):
            return self._hide(value, "secret", "<secret>", place, depth)
        for pattern, rule, placeholder in _NAMING_KEYS:
            if isinstance(value, str) and pattern.fullmatch(key):
                if value and is_naming_value(value):
                    self.findings.append(Finding(rule, place, len(value)))
                    return placeholder
                break
        return self.scrub(value, place, depth)

    def _hide(
        self, value: object, rule: str, placeholder: str, place: str, depth: int
    ) -> object:
        """Replace every leaf below a secret's name; the shape alone stays."""
        if depth > MAX_DEPTH:
            return self._drop("limit", place, value)
        if isinstance(value, dict):
            return {
                self._scrub_text(str(key), place): self._hide(
                    child, rule, placeholder, place, depth + 1
                )
                for key, child in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [
                self._hide(child, rule, placeholder, place, depth + 1)
                for child in value
            ]
        if value is None or isinstance(value, bool) or value == placeholder:
            return value
        if isinstance(value, str) and not is_secret_value(value):
            return value
        self.findings.append(Finding(rule, place, len(str(value))))
        return placeholder

    def _scrub_list(self, values: list[object], place: str, depth: int) -> list[object]:
        scrubbed: list[object] = []
        before: object = None
        for at, value in enumerate(values):
            inside = f"{place}[{at}]"
            if isinstance(before, str) and is_flag(before) and isinstance(value, str):
                scrubbed.append(
                    self._hide(value, "secret", "<secret>", inside, depth + 1)
                )
            else:
                scrubbed.append(self.scrub(value, inside, depth + 1))
            before = value
        return scrubbed

    def _scrub_number(self, value: float, place: str) -> object:
        """A number stays unless its digits are a card's."""
        text = str(value)
        if len(text) < 12 or not scrub_with(self._policy, text).findings:
            return value
        return self._drop("number", place, text)

    def _scrub_text(self, text: str, place: str) -> str:
        if len(text) > MAX_TEXT:
            self.findings.append(Finding("limit", place, len(text)))
            return DROPPED
        result = scrub_with(self._policy, text)
        self.findings += [
            Finding(found.rule, place, found.length) for found in result.findings
        ]
        return result.text

    def _drop(self, rule: str, place: str, value: object) -> str:
        length = len(value) if isinstance(value, str) else 0
        self.findings.append(Finding(rule, place, length))
        return DROPPED
