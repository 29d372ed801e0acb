"""Runs as JUnit XML: one test case for each run, and a crash is a failed one.

There is no one standard of this format. What is written here is the part that Jenkins,
GitLab, GitHub's actions and ``junitparser`` agree on; ``docs/schemas/junit.xsd`` says
exactly what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from crashwatch.headless.lines import finding_lines
from crashwatch.headless.outcome import Verdict, name_of, title_of_run
from crashwatch.prompts.screen_text import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crashwatch.headless.outcome import Run


def junit_xml(runs: Sequence[Run]) -> bytes:
    """The document, UTF-8, with its declaration."""
    root = ET.Element("testsuites", _sums(runs))
    suite = ET.SubElement(root, "testsuite", {"name": "crashwatch", **_sums(runs)})
    if runs:
        suite.set("timestamp", f"{runs[0].record.created:%Y-%m-%dT%H:%M:%S}")
    for number, run in enumerate(runs, 1):
        _case(suite, run, f"run {number}" if len(runs) > 1 else "run")
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _sums(runs: Sequence[Run]) -> dict[str, str]:
    verdicts = [run.record.verdict for run in runs]
    return {
        "tests": str(len(runs)),
        "failures": str(sum(verdict.fails for verdict in verdicts)),
        "errors": str(sum(map(_is_error, verdicts))),
        "skipped": "0",
        "time": f"{sum(run.record.seconds for run in runs):.3f}",
    }


def _is_error(verdict: Verdict) -> bool:
    """Neither passed nor failed: it was not let run to its end."""
    return verdict is Verdict.KILLED


def _case(suite: ET.Element, run: Run, name: str) -> None:
    record = run.record
    case = ET.SubElement(
        suite,
        "testcase",
        {
            "classname": f"crashwatch.{escaped(record.program)}",
            "name": f"{name} of {escaped(record.program)}",
            "time": f"{record.seconds:.3f}",
        },
    )
    title = escaped(title_of_run(run))
    if record.verdict.fails:
        found = [name_of(finding) for finding in run.findings if finding.fails]
        unread = record.signal or record.verdict.value
        kind = "timeout" if record.timed_out else [*found, unread][0]
        failure = ET.SubElement(case, "failure", message=title, type=escaped(kind))
        failure.text = _text(run)
    elif _is_error(record.verdict):
        ET.SubElement(case, "error", message=title, type=escaped(record.signal))
    else:
        ET.SubElement(case, "system-out").text = title


def _text(run: Run) -> str:
    program = run.record.program
    told = ["\n".join(finding_lines(each, program)) for each in run.findings]
    return "\n\n".join(told)
