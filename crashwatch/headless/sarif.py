"""Runs as SARIF 2.1.0, which code hosts show beside the lines of the source.

The format: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import msgspec

from crashwatch import __version__
from crashwatch.headless.lines import MOST_FRAMES
from crashwatch.headless.outcome import main_frames, name_of, title_of
from crashwatch.prompts.repeated import fingerprint
from crashwatch.prompts.screen_text import escaped
from reports.joined_stack import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crashwatch.headless.outcome import Finding, Run
    from reports.backtrace import Frame, Thread
    from reports.crash_report import CrashReport

SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
    "sarif-schema-2.1.0.json"
)
_APP: Final = "<app>/"


def sarif_json(runs: Sequence[Run], locate: Callable[[Frame], str]) -> bytes:
    """The document.

    Args:
        runs: At least one.
        locate: Path of a frame's file in the checkout, or empty.
    """
    found = [(run, finding) for run in runs for finding in run.findings]
    rules = list(dict.fromkeys(_rule(finding) for _, finding in found))
    document = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(rules)},
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {
                    "APP": {
                        "description": {"text": "The folder of the program's own code."}
                    }
                },
                "invocations": [_invocation(run) for run in runs],
                "results": [
                    _result(finding, run.record.program, rules, locate)
                    for run, finding in found
                ],
            }
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _driver(rules: Sequence[str]) -> dict[str, Any]:
    return {
        "name": "crashwatch",
        "version": __version__,
        "rules": [
            {"id": rule, "shortDescription": {"text": f"The program met {rule}."}}
            for rule in rules
        ],
    }


def _rule(finding: Finding) -> str:
    return escaped(name_of(finding))


def _invocation(run: Run) -> dict[str, Any]:
    record = run.record
    ended: dict[str, Any] = {
        "executionSuccessful": not record.verdict.fails and record.exit_status == 0,
        "startTimeUtc": f"{record.created:%Y-%m-%dT%H:%M:%SZ}",
    }
    if record.signal:
        ended["exitSignalName"] = escaped(record.signal)
    else:
        ended["exitCode"] = record.exit_status or 0
    return ended


def _result(
    finding: Finding,
    program: str,
    rules: Sequence[str],
    locate: Callable[[Frame], str],
) -> dict[str, Any]:
    rule = _rule(finding)
    result: dict[str, Any] = {
        "ruleId": rule,
        "ruleIndex": rules.index(rule),
        "level": "error" if finding.fails else "warning",
        "message": {"text": escaped(title_of(finding, program))},
    }
    report = finding.report
    if report is not None:
        result["locations"] = _places(report, locate)
        result["stacks"] = list(_stacks(report, locate))
        result["partialFingerprints"] = {"crashwatch/v1": fingerprint(report)}
        result["properties"] = {"report": report.id}
    return result


def _places(report: CrashReport, locate: Callable[[Frame], str]) -> list[Any]:
    """Where one looks first: the innermost call of the program's own code."""
    own = [frame for frame in main_frames(report) if frame.file.startswith(_APP)]
    return [_location(frame, locate) for frame in own[:1]]


def _stacks(
    report: CrashReport, locate: Callable[[Frame], str]
) -> Iterator[dict[str, Any]]:
    """No two may be equal, and threads that wait for work stand at one place."""
    if report.exception is not None and report.exception.frames:
        frames = report.exception.frames
        yield _stack(report.exception.type, frames, None, locate)
    for number, thread in enumerate(report.threads, 1):
        if frames := joined(thread):
            name = f"thread {number} {thread.name}".rstrip()
            yield _stack(name, frames, thread, locate)


def _stack(
    name: str,
    frames: Sequence[Frame],
    thread: Thread | None,
    locate: Callable[[Frame], str],
) -> dict[str, Any]:
    told: list[dict[str, Any]] = []
    for frame in frames[:MOST_FRAMES]:
        entry: dict[str, Any] = {"location": _location(frame, locate)}
        if thread is not None and thread.tid is not None:
            entry["threadId"] = thread.tid
        if frame.module:
            entry["module"] = escaped(frame.module)
        told.append(entry)
    return {"message": {"text": escaped(name)}, "frames": told}


def _location(frame: Frame, locate: Callable[[Frame], str]) -> dict[str, Any]:
    location: dict[str, Any] = {
        "message": {"text": escaped(frame.function)},
        "logicalLocations": [
            {"fullyQualifiedName": escaped(frame.function), "kind": "function"}
        ],
    }
    if frame.file.startswith(_APP):
        physical: dict[str, Any] = {"artifactLocation": _artifact(frame, locate)}
        if frame.line:
            physical["region"] = {"startLine": frame.line}
        location["physicalLocation"] = physical
    return location


def _artifact(frame: Frame, locate: Callable[[Frame], str]) -> dict[str, str]:
    if found := locate(frame):
        return {"uri": quote(found)}
    return {"uri": quote(frame.file.removeprefix(_APP)), "uriBaseId": "APP"}
