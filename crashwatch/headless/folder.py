"""The folder of ``--artifacts``: which files a run leaves, and how they are written.

Each is whole or not there: it is written beside its place and renamed. They are for
their owner alone, whatever the umask, and whoever made a file of that name before.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

import msgspec

from crashwatch.headless.junit import junit_xml
from crashwatch.headless.markdown import run_markdown
from crashwatch.headless.outcome import Finding, FoundReport, Run, RunRecord
from crashwatch.headless.pages import plot_picture, report_page
from crashwatch.headless.sarif import sarif_json
from crashwatch.headless.timeline_file import timeline_json
from reports.crash_report import CrashReport
from reports.whole_file import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from reports.backtrace import Frame


def files_of(run: Run, locate: Callable[[Frame], str]) -> dict[str, bytes]:
    """Name and bytes of each file; those of a second report have a number."""
    files = dict(_reports(run))
    files[_RECORD] = _formatted(msgspec.json.encode(run.record))
    files["report.md"] = run_markdown(run).encode()
    files["junit.xml"] = junit_xml([run])
    files["report.sarif"] = sarif_json([run], locate)
    files["timeline.json"] = timeline_json(run.samples)
    files["timeline.svg"] = plot_picture(run.samples, _end(run)).encode()
    return files


def _reports(run: Run) -> Iterator[tuple[str, bytes]]:
    for number, finding in enumerate(run.findings):
        if finding.report is None:
            continue
        suffix = f"-{number}" if number else ""
        yield f"report{suffix}.json", finding.report_json
        page = report_page(finding.report, finding.items, run.samples)
        yield f"report{suffix}.html", page.encode()
        for item in finding.items:
            if item.name:
                yield f"crash{suffix}.dmp", item.data


def _end(run: Run) -> str:
    """What the plot says at its right end."""
    record = run.record
    if record.timed_out:
        return f"ended after {record.timed_out:g} s"
    return record.signal or f"exit status {record.exit_status}"


def _formatted(data: bytes) -> bytes:
    return msgspec.json.format(data, indent=2) + b"\n"


_RECORD = "run.json"
_OURS = re.compile(
    r"(?:report|crash)(?:-\d+)?\.(?:json|html|dmp)|report\.(?:md|sarif)"
    r"|junit\.xml|timeline\.(?:json|svg)"
)


class MissingFilesError(OSError):
    """``filename`` names those that could not be written; why the first of them."""

    def __init__(self, missing: Mapping[str, OSError]) -> None:
        first = next(iter(missing.values()))
        super().__init__(first.errno, first.strerror, ", ".join(missing))


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write them all. What an earlier run left in the folder goes, and only that.

    Raises:
        MissingFilesError: Some could not be written, others were.
        OSError: The folder cannot be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / _RECORD).is_file():
        for path in folder.iterdir():
            if _OURS.fullmatch(path.name) and path.name not in files:
                path.unlink(missing_ok=True)
    missing: dict[str, OSError] = {}
    for name, data in files.items():
        try:
            write_whole(folder / name, data, force=True, lasting=False)
        except OSError as error:
            missing[name] = error
    if missing:
        raise MissingFilesError(missing)


def clear(folder: Path) -> None:
    """Remove what a run left, and the folder, should nothing else be in it."""
    if (folder / _RECORD).is_file():
        for path in folder.iterdir():
            if path.name == _RECORD or _OURS.fullmatch(path.name):
                path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()


def read_run(folder: Path) -> Run | None:
    """What a run left; None where it left nothing that can be read."""
    try:
        data = (folder / _RECORD).read_bytes()
        record = msgspec.json.decode(data, type=RunRecord)
        return Run(record, tuple(_finding(folder, each) for each in record.found))
    except (OSError, msgspec.DecodeError):
        return None


def _finding(folder: Path, found: FoundReport) -> Finding:
    if not found.file:
        return Finding(found.kind, None, rules=found.rules)
    data = (folder / found.file).read_bytes()
    report = msgspec.json.decode(data, type=CrashReport)
    return Finding(found.kind, report, data)
