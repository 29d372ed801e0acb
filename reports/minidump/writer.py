"""write_minidump: a sanitized picture of a process becomes the bytes of a minidump.

The only way from a picture to a file. It takes nothing but ``Sanitized``, and writes
no stream that could hold text of the process: no command line, no environment, no
maps, no heap.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING

from reports.errors import MinidumpError
from reports.minidump import stream_writers as write
from reports.minidump.json_streams import is_json
from reports.minidump.layout import Layout
from reports.minidump.memory_placement import place_memory
from reports.minidump.region_writer import memory_info_list
from reports.minidump.structures import StreamType
from reports.sanitize import Sanitized

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.snapshot import MemoryBlock, ProcessSnapshot

ANNOTATION_KEYS = frozenset(
    {
        "capture",
        "crashwatch_version",
        "environment",
        "report_id",
        "release",
        "runtime",
        "terminal",
    }
)
"""The annotations that may be in a dump; any other is left out and counted."""

_PLAIN_VALUE = re.compile(r"[A-Za-z0-9@._+:/ ()-]{0,128}", re.ASCII)
_MOST_STREAMS = 14


def write_minidump(
    picture: Sanitized,
    annotations: Mapping[str, str],
    python_threads: bytes | None = None,
) -> bytes:
    """The whole file, the same bytes for the same arguments.

    Args:
        picture: What the sanitizer made.
        annotations: Crashpad annotations; keys outside ``ANNOTATION_KEYS`` and values
            that are not short plain text are left out, and the soft errors say so.
            ``report_id`` (a UUID as text) also fills CrashpadInfo's own field.
        python_threads: Scrubbed JSON for the PYTHON_STACKS stream (its layout is
            told in ``json_streams``), or None.

    Raises:
        TypeError: ``picture`` did not come from ``reports.sanitize.sanitize``.
        MinidumpError: ``python_threads`` is not JSON, or the file would pass 4 GiB.
    """
    if type(picture) is not Sanitized:
        raise TypeError("a minidump is written from a Sanitized picture only")
    if python_threads is not None and not is_json(python_threads):
        raise MinidumpError("not JSON", stream=StreamType.PYTHON_STACKS.name, offset=0)
    kept, complaints = _allowed(annotations)
    snapshot = picture.snapshot
    layout = Layout(_MOST_STREAMS)
    _add_process(layout, snapshot)
    _add_linux(layout, snapshot)
    report_id = _report_id(kept)
    info = write.crashpad_info(layout, kept, report_id)
    layout.add_stream(StreamType.CRASHPAD_INFO, info)
    errors = json.dumps([*snapshot.soft_errors, *complaints]).encode()
    layout.add_stream(StreamType.MOZ_SOFT_ERRORS, errors)
    if python_threads is not None:
        layout.add_stream(StreamType.PYTHON_STACKS, python_threads)
    return layout.finished(int(snapshot.taken))


def _add_process(layout: Layout, snapshot: ProcessSnapshot) -> None:
    """The streams every minidump has, in the order Crashpad writes them."""
    facts, threads = snapshot.system, snapshot.threads
    contexts = write.place_contexts(layout, snapshot)
    memory = place_memory(layout, _memory_of(snapshot))
    system = write.system_info(layout, snapshot.architecture, facts)
    for kind, data in (
        (StreamType.SYSTEM_INFO, system),
        (StreamType.MISC_INFO, write.misc_info(snapshot.pid, snapshot.started)),
        (StreamType.THREAD_LIST, write.thread_list(threads, contexts, memory)),
        (StreamType.THREAD_NAMES, write.thread_names(layout, threads)),
        (StreamType.EXCEPTION, write.exception(snapshot, contexts)),
        (StreamType.MODULE_LIST, write.module_list(layout, snapshot.modules)),
        (StreamType.MEMORY_LIST, memory.memory_list()),
        (
            StreamType.MEMORY_INFO_LIST,
            memory_info_list(snapshot.mappings, snapshot.modules),
        ),
    ):
        layout.add_stream(kind, data)


def _add_linux(layout: Layout, snapshot: ProcessSnapshot) -> None:
    """Breakpad's streams, those that hold no text of the process."""
    status = write.linux_status(snapshot.status)
    layout.add_stream(StreamType.LINUX_PROC_STATUS, status)
    layout.add_stream(StreamType.LINUX_AUXV, write.linux_auxv(snapshot.auxv))
    if snapshot.dynamic_linking:
        linking = write.linux_dso_debug(layout, snapshot.dynamic_linking)
        layout.add_stream(StreamType.LINUX_DSO_DEBUG, linking)


def _memory_of(snapshot: ProcessSnapshot) -> list[MemoryBlock]:
    """Stacks and code; a stack must be found by address as well as by thread."""
    stacks = [thread.stack for thread in snapshot.threads if thread.stack]
    return [*stacks, *snapshot.memory]


def _allowed(annotations: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    kept = {
        key: value
        for key, value in annotations.items()
        if key in ANNOTATION_KEYS and _PLAIN_VALUE.fullmatch(value)
    }
    dropped = len(annotations) - len(kept)
    return kept, [f"annotations withheld: {dropped}"] if dropped else []


def _report_id(annotations: Mapping[str, str]) -> uuid.UUID:
    """The report's UUID, or the nil UUID where there is none."""
    try:
        return uuid.UUID(annotations.get("report_id", ""))
    except ValueError:
        return uuid.UUID(int=0)
