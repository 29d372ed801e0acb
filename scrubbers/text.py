"""Scrub one text: line by line, decode and look again, until nothing is found."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

from scrubbers.decoding import (
    View,
    decoded,
    encoded_tokens,
    hidden_texts,
    partly_decoded,
    plain,
)
from scrubbers.finding import Finding, Line, Scrubbed
from scrubbers.frames import Frames
from scrubbers.identity import as_identity
from scrubbers.policy import Policy, policy_for
from scrubbers.rule import Span, Subject, is_scrubbed, merge, replace
from scrubbers.rules import control
from scrubbers.rules.credentials import announces_value
from scrubbers.rules.tokens import KEY_BLOCK
from scrubbers.seams import broken_runs, entries_apart, is_broken, mend
from scrubbers.survey import FEW_LINES, NOTHING_SEEN

if TYPE_CHECKING:
    from collections.abc import Iterator

DROPPED: Final = "<dropped>"
# Encodings inside encodings: what is still encoded after this many is dropped.
MAX_DEPTH: Final = 5
# Each pass may join what was apart (a colour code inside a name); few ever need three.
MAX_PASSES: Final = 8
_MOST_REMEMBERED = 20_000

_LINE_VALUE = re.compile(r"[\s\"'-]*(?P<v>[^\s\"'].*?)[\"',]*\s*")


def scrub_text(text: str, *, identity: object = None) -> str:
    """The text without personal data; see ``scrub`` for the account of it."""
    return scrub(text, identity=identity).text


def scrub(text: str, *, identity: object = None) -> Scrubbed:
    """Replace everything personal in a text by placeholders such as ``<home>``.

    Args:
        text: Any text; each line is looked at by itself, but for key blocks and
            values on the line after their key.
        identity: An ``Identity``, or any mapping or object with its field names.
            Without one, everything that has a recognisable form is still found.

    Returns:
        The scrubbed text, not longer than eleven times the given one plus nine
        characters, and what was removed. Scrubbing it again changes nothing. If
        anything fails inside, the text is ``<dropped>`` and the finding says
        ``"error"``.
    """
    try:
        policy = policy_for(as_identity(identity))
        return scrub_with(policy, text)
    except Exception:  # noqa: BLE001 - doubt means no: what cannot be scrubbed goes
        return Scrubbed(DROPPED, (Finding("error", "text", _length(text)),))


def _length(text: object) -> int:
    return len(text) if isinstance(text, str) else 0


def scrub_with(policy: Policy, text: str, *, surveyed: bool = True) -> Scrubbed:
    """Scrub by a given policy; raises only if the text is not a string.

    Without ``surveyed`` each line is looked at in full. The outcome is the same, as
    tests make sure; it only takes longer.
    """
    findings: list[Finding] = []
    if "BEGIN" in text:
        text = _without_key_blocks(text, findings)
    text = entries_apart(text)
    raws = text.split("\n")
    distinct = dict.fromkeys(raws)
    if is_broken(distinct):
        _mend_seams(policy, raws, findings)
        distinct = dict.fromkeys(raws)
    surveyed = surveyed and len(raws) >= FEW_LINES
    seen = policy.survey.of(distinct) if surveyed else NOTHING_SEEN
    frames = Frames(policy, seen, partial(scrub_line, policy))
    known: dict[str, Line] = {}
    lines: list[str] = []
    awaits_value = False
    for number, raw in enumerate(raws, 1):
        if awaits_value and raw.strip():
            lines.append(_scrub_value(raw, number, findings))
            awaits_value = False
            continue
        if raw in seen.calm:
            lines.append(raw)
            awaits_value = False
            continue
        line = known.get(raw)
        if line is None:
            line = known[raw] = frames.scrub(raw) or scrub_line(policy, raw)
        scrubbed, found, awaits_value = line
        lines.append(scrubbed)
        if found:
            place = f"line {number}"
            findings += [Finding(rule, place, size) for rule, size in found]
    return Scrubbed("\n".join(lines), tuple(findings))


def _mend_seams(policy: Policy, lines: list[str], findings: list[Finding]) -> None:
    for first, end in list(broken_runs(lines)):
        place = f"line {first + 1}"
        for _ in range(MAX_PASSES):
            lines[first:end], found = mend(
                lines[first:end], partial(_find_across, policy)
            )
            findings += [Finding(rule, place, size) for rule, size in found]
            if not found:
                break


def _find_across(policy: Policy, text: str) -> list[Span]:
    """The spans of lines put together; colours are taken out first, as of one line."""
    if "\x1b" not in text and "\b" not in text:
        return find_spans(policy, text)
    controls = merge(control.find_sequences(Subject(text)))
    places = [*range(len(text))]
    bare = View(text, places, [at + 1 for at in places]).without(controls)
    return [*controls, *_in_origin(bare, find_spans(policy, bare.text))]


def _without_key_blocks(text: str, findings: list[Finding]) -> str:
    def note(match: re.Match[str]) -> str:
        line = text.count("\n", 0, match.start()) + 1
        findings.append(Finding("key", f"line {line}", len(match.group())))
        return "<secret>"

    return KEY_BLOCK.sub(note, text)


def _scrub_value(line: str, number: int, findings: list[Finding]) -> str:
    """Remove the value that a key on the line before announced."""
    match = _LINE_VALUE.fullmatch(line)
    if match is None or is_scrubbed(match["v"]):
        return line
    findings.append(Finding("secret", f"line {number}", len(match["v"])))
    return line[: match.start("v")] + "<secret>" + line[match.end("v") :]


def scrub_line(policy: Policy, line: str) -> Line:
    """Scrub one line; a rule that fails costs the whole line."""
    try:
        return _settle(policy, line)
    except Exception:  # noqa: BLE001 - doubt means no: what cannot be scrubbed goes
        return Line(DROPPED, (("error", len(line)),), awaits_value=False)


def _settle(policy: Policy, line: str) -> Line:
    """Apply all rules again and again until they find nothing more."""
    if policy.innocence.holds(line):
        return Line(line, (), announces_value(line))
    findings: list[tuple[str, int]] = []
    if "\x1b" in line or "\b" in line:
        # First of all, or a colour's last letter would seem to begin the next word.
        spans = merge(control.find_sequences(Subject(line)))
        findings += [(span.rule, span.end - span.start) for span in spans]
        line = replace(line, spans)
    for _ in range(MAX_PASSES):
        spans = merge(find_spans(policy, line))
        if not spans:
            return Line(line, tuple(findings), announces_value(line))
        findings += [(span.rule, span.end - span.start) for span in spans]
        line = replace(line, spans)
        if policy.innocence.holds(line):  # what is left may be told cheaply
            return Line(line, tuple(findings), announces_value(line))
    findings.append(("unstable", len(line)))
    return Line(DROPPED, tuple(findings), awaits_value=False)


def find_spans(policy: Policy, text: str, depth: int = 0) -> list[Span]:
    """Every span to remove from a text, whatever it is written in."""
    if depth > MAX_DEPTH:
        return [Span(0, len(text), "depth", DROPPED)] if text else []
    spans = _find_by_rules(policy, text)
    if (view := plain(text)) is not None:
        spans += _in_origin(view, _find_by_rules(policy, view.text))
    if (view := decoded(text)) is not None:
        if "\x1b" in view.text:
            bare = view.without(control.find_sequences(Subject(view.text)))
            spans += _in_origin(bare, find_spans(policy, bare.text, depth + 1))
        spans += _in_origin(view, find_spans(policy, view.text, depth + 1))
    for view in partly_decoded(text):
        spans += _in_origin(view, _find_by_rules(policy, view.text))
    spans += _find_hidden(policy, text, depth)
    return spans


def _find_by_rules(policy: Policy, text: str) -> list[Span]:
    subject = Subject(text)
    spans: list[Span] = []
    for rule in policy.screen.candidates(subject):
        spans += rule.spans(subject)
    if policy.person:
        spans += policy.person.find(text)
    return spans


def _in_origin(view: View, spans: list[Span]) -> Iterator[Span]:
    for span in spans:
        if span.start < span.end:
            start, end = view.origin(span.start, span.end)
            yield span._replace(start=start, end=end)


def _find_hidden(policy: Policy, text: str, depth: int) -> Iterator[Span]:
    """Tokens that turn out to be encoded text with something to remove in it."""
    hiding = policy.hiding
    for match in encoded_tokens(text):
        token = match.group()
        hides = hiding.get(token) if depth == 0 else None
        if hides is None:
            hides = _hides_something(policy, token, depth)
            if depth == 0:  # deeper ones are judged by how deep they are, too
                if len(hiding) > _MOST_REMEMBERED:
                    hiding.clear()
                hiding[token] = hides
        if hides:
            yield Span(match.start(), match.end(), "encoded", "<secret>")


def _says_something(span: Span) -> bool:
    """Not a zero by itself: a number in hexadecimal would be full of them."""
    return span.rule != "control" or span.end - span.start > 1


def _hides_something(policy: Policy, token: str, depth: int) -> bool:
    for hidden in hidden_texts(token):
        if any(map(_says_something, find_spans(policy, hidden, depth + 1))):
            return True
    return bool(policy.person) and policy.person.is_hidden_in(token)
