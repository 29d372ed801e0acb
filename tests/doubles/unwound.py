"""Python processes held at a crash, unwound by us and by others."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crashwatch.backtraces.pyspy import find_pyspy
from crashwatch.linux.freeze import frozen
from crashwatch.linux.proc_directory import ProcDirectory
from crashwatch.linux.snapshot import take_snapshot
from crashwatch.supervisor.module_files import ModuleFiles
from reports.mapped_code import MappedCode
from reports.minidump import write_minidump
from reports.sanitize import Sanitized, sanitize
from reports.unwinding.native_stacks import NativeStacks, native_stacks
from scrubbers import Identity
from tests.doubles import minidump_tools as tools
from tests.doubles.held_crash import held_crash

if TYPE_CHECKING:
    from reports.snapshot import ProcessSnapshot

FORMAT = (
    r'settings set frame-format "{${frame.is-artificial}A}F ${frame.pc} ${frame.sp}\n"'
)
"""Inlined frames of lldb share the stack pointer of the real one before them.

So do the artificial ones (``A``) with the real one after them. They stand for functions
that ended in a jump and are on no stack any more: lldb puts them between, where debug
information says that the caller called another function than the one that is there
(DWARF 5, 3.4.1: DW_AT_call_tail_call). Their address is the byte after the jump, and no
word on the stack has it.
"""


OURS = time.process_time
"""The time that others take of a busy machine shall cut no stack here."""


@dataclass
class Unwound:
    """A crash: as it was, as it may be written, and as we unwound it.

    Attributes:
        tid: The thread at fault.
        in_handler: The same moment, the thread at fault as it stands in its handler.
        native: What py-spy's own native unwinding said, where it was asked.
    """

    tid: int
    raw: ProcessSnapshot
    picture: Sanitized
    in_handler: ProcessSnapshot
    native: str = ""

    def stacks(self) -> NativeStacks:
        """Ours, of the sanitized picture."""
        with ModuleFiles() as files:
            return native_stacks(
                self.picture.snapshot, files, modules=self.raw.modules, clock=OURS
            )

    def raw_stacks(self) -> NativeStacks:
        """Ours, of the picture before it was sanitized."""
        return stacks_of(self.raw)


def stacks_of(snapshot):
    """Ours, of any snapshot with real paths."""
    with ModuleFiles() as files:
        return native_stacks(snapshot, files, clock=OURS)


def unwound(python, code, *, ask_pyspy=False):
    """Hold a crash, take it, sanitize it, and end it.

    Args:
        ask_pyspy: Whether py-spy unwinds the same process too, before us.
    """
    native = ""
    with held_crash(python, code) as held:
        if ask_pyspy:
            command = [find_pyspy(), "dump", "--native", "--pid", str(held.pid)]
            native = subprocess.run(
                command, capture_output=True, text=True, check=False
            ).stdout
        with ProcDirectory(held.pid) as directory, frozen(held.pid) as stopped:
            tid = held.find_crashed(stopped.tids)
            raw = take_snapshot(
                stopped, directory, crashed_tid=tid, announced_signal=11
            )
            as_it_stands = take_snapshot(stopped, directory, crashed_tid=held.pid)
    with MappedCode(raw.mappings) as read_code:
        picture = sanitize(raw, identity=Identity(user="annqu"), read_code=read_code)
    return Unwound(tid, raw, picture, as_it_stands, native)


def lldb_stacks(crash, python, path, *libraries):
    """Program counters by thread, as lldb unwinds our minidump: of frames on the stack.

    Args:
        libraries: Folders of more modules than Python's own.
    """
    path.write_bytes(write_minidump(crash.picture, {}, b"[]"))
    prefix = Path(python).resolve().parent.parent
    folders = [prefix / "bin", prefix / "lib"]
    folders += sorted(prefix.glob("lib/python3*/lib-dynload"))
    # A virtual environment's Python: its modules lie where its base is.
    folders += [Path(sys.base_prefix) / "lib", *libraries]
    text = tools.lldb(
        path, "thread list", FORMAT, "thread backtrace all", search=folders
    )
    tids = [int(tid, 0) for tid in re.findall(r"thread #\d+: tid = (\w+)", text)]
    stacks: dict[int, list[int]] = {tid: [] for tid in tids}
    current, seen = None, ""
    for line in text.splitlines():
        thread = re.match(r"[ *]+thread #(\d+)(?:,|$)", line)
        frame = re.search(r"^ [ *]*F (0x[0-9a-f]+) (0x[0-9a-f]+)", line)
        if thread and "tid" not in line:
            current, seen = tids[int(thread[1]) - 1], ""
        elif frame and current is not None:
            if frame[2] != seen:
                stacks[current].append(int(frame[1], 16))
            seen = frame[2]
    return stacks


def pyspy_calls(text, tid):
    """Calls of one thread from ``py-spy dump --native``: name or address, and file."""
    part = re.split(r"^Thread ", text, flags=re.MULTILINE)
    block = next((each for each in part if each.startswith(f"{tid} ")), "")
    return re.findall(r"^ {4}(\S.*?) \(([^()]*)\)$", block, re.MULTILINE)
