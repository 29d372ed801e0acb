"""An inspection as tables of text, for a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.minidump.inspection import Inspection, StackRow


@dataclass(frozen=True, slots=True)
class Section:
    """One table: a title, the column names, and rows of text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


_TABLES = (
    ("Streams", "streams", ("name", "offset", "size")),
    (
        "Threads",
        "threads",
        ("tid", "name", "crashed", "module", "instruction_pointer", "stack_pointer"),
    ),
    ("Modules", "modules", ("base", "size", "name", "build_id")),
    ("Memory", "memory", ("address", "size", "offset")),
    ("Regions", "regions", ("base", "size", "protection", "kind")),
    ("Status", "status", ("name", "value")),
    ("Auxiliary vector", "auxv", ("name", "value")),
    ("Link map", "link_map", ("name", "value")),
    ("Annotations", "annotations", ("name", "value")),
    ("Problems", "problems", ("message",)),
)


def sections(inspection: Inspection) -> tuple[Section, ...]:
    """The inspection as tables; one that would be empty is left out."""
    tables = [_summary(inspection)]
    for title, attribute, columns in _TABLES:
        entries = getattr(inspection, attribute)
        found = tuple(
            tuple(str(getattr(entry, column)) for column in columns)
            for entry in entries
        )
        tables.append(Section(title, columns, found))
    tables += [_stack(row) for row in inspection.stacks]
    lines = tuple((line,) for line in inspection.soft_errors)
    tables.append(Section("Soft errors", ("line",), lines))
    return tuple(table for table in tables if table.rows)


def _stack(row: StackRow) -> Section:
    mark = ", crashed" if row.crashed else ""
    calls = tuple((call.function, call.place) for call in row.calls)
    title = f"Stack of thread {row.tid} {row.name}".rstrip() + mark
    return Section(title, ("function", "place"), calls)


def _summary(inspection: Inspection) -> Section:
    system, fault = inspection.system, inspection.exception
    lines = [("size", f"{inspection.size} bytes"), ("time", str(inspection.time))]
    if system:
        known = system.version.startswith(system.platform)
        name = "" if known else f"{system.platform} "
        lines.append(("system", name + system.version))
        lines.append(("processor", f"{system.architecture} {system.cpu}"))
    if inspection.pid is not None:
        lines.append(("process", str(inspection.pid)))
    if fault:
        what = fault.signal or hex(fault.code)
        text = f"{what} (code {fault.si_code}) at {fault.address}, thread {fault.tid}"
        lines.append(("crash", text))
    return Section("Minidump", ("field", "value"), tuple(lines))
