"""Join all that is read from a frozen process into one ``ProcessSnapshot``.

Each step stands alone: what it cannot read becomes a soft error, and the others
still run. Only an unknown processor gives no snapshot at all.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from crashwatch.errors import CrashwatchError
from crashwatch.linux import ptrace
from crashwatch.linux.address_space import AddressSpace
from crashwatch.linux.code_windows import plan_code_windows
from crashwatch.linux.dynamic_linking import read_dynamic_linking
from crashwatch.linux.fault import CrashedThread, Fault, FaultReader
from crashwatch.linux.modules import AT_ENTRY, LoadedImage, ModuleReader, find_image
from crashwatch.linux.proc_parsers import (
    parse_auxv,
    parse_comm,
    parse_maps,
    parse_stat,
    parse_status,
)
from crashwatch.linux.process_memory import ProcessMemory
from crashwatch.linux.registers import REGISTER_SETS, parse_floating, parse_general
from crashwatch.linux.soft_errors import SoftErrors
from crashwatch.linux.stacks import StackLimits, StackPointer, plan_stacks
from crashwatch.linux.system_facts import (
    AT_HWCAP,
    Machine,
    find_architecture,
    gather_system_facts,
    read_machine,
)
from reports.snapshot import (
    Architecture,
    DynamicLinking,
    MemoryBlock,
    ProcessSnapshot,
    Registers,
    ThreadPicture,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crashwatch.linux.sources import ProcessFiles, StoppedThreads, ThreadRegisters

_LARGEST_MAPS: Final = 32 * 1024 * 1024
_LARGEST_FILE: Final = 64 * 1024


class UnknownProcessorError(CrashwatchError):
    """Registers of this machine's processor are not known to us."""


@dataclass(frozen=True, slots=True)
class SnapshotLimits:
    """How much is read at most, in bytes."""

    stacks: StackLimits = field(default_factory=StackLimits)
    code: int = 512 * 1024


@dataclass(frozen=True, slots=True)
class Moment:
    """When the process was frozen: Unix time, and seconds since boot."""

    unix: float
    since_boot: float

    @classmethod
    def now(cls) -> Moment:
        """Read both clocks."""
        return cls(time.time(), time.clock_gettime(time.CLOCK_BOOTTIME))


def take_snapshot(
    frozen: StoppedThreads,
    directory: ProcessFiles,
    *,
    crashed_tid: int,
    announced_signal: int = 0,
    limits: SnapshotLimits | None = None,
    requests: ThreadRegisters = ptrace,
    machine: Machine | None = None,
    moment: Moment | None = None,
) -> ProcessSnapshot:
    """Read the whole picture of a process that is stopped.

    Args:
        frozen: Its stopped threads; ``crashwatch.linux.freeze.frozen``.
        directory: Its files; ``crashwatch.linux.proc_directory.ProcDirectory``.
        crashed_tid: The thread held in its signal handler, or stopped by ptrace at
            the delivery of a fatal signal.
        announced_signal: The signal that faulthandler's first line names, if the caller
            has seen it: faulthandler's frames hold no siginfo.
        limits: Bytes to read at most.
        requests: The ptrace requests.
        machine: Read beforehand to save time; read now by default.
        moment: When it was frozen; now by default.

    Returns:
        What could be read; ``soft_errors`` says what could not.

    Raises:
        UnknownProcessorError: Neither AMD64 nor ARM64.
    """
    machine = machine or read_machine()
    architecture = find_architecture(machine.uname.machine)
    if architecture is None:
        raise UnknownProcessorError(
            f"crashes cannot be captured on {machine.uname.machine}",
            hint="crashwatch knows the registers of x86-64 and AArch64",
        )
    return _SnapshotReader(
        architecture, frozen.tids, directory, requests, limits or SnapshotLimits()
    ).read(crashed_tid, announced_signal, machine, moment or Moment.now())


class _SnapshotReader:
    def __init__(
        self,
        architecture: Architecture,
        tids: Sequence[int],
        files: ProcessFiles,
        requests: ThreadRegisters,
        limits: SnapshotLimits,
    ) -> None:
        self._architecture = architecture
        self._tids = tuple(tids)
        self._files = files
        self._requests = requests
        self._limits = limits
        self._errors = SoftErrors()
        self._memory = ProcessMemory(files, self._errors)
        self._space = AddressSpace(())
        self._auxv: dict[int, int] = {}

    def read(
        self, crashed_tid: int, announced: int, machine: Machine, moment: Moment
    ) -> ProcessSnapshot:
        self._read_layout()
        registers = self._read_all_registers()
        status = self._read_status()
        caught = int(dict(status).get("SigCgt", "0"), 16) or None
        fault = self._read_fault(
            CrashedThread(crashed_tid, registers.get(crashed_tid), announced, caught)
        )
        if fault is not None:
            registers[crashed_tid] = fault.registers
        first = self._most_important_first(crashed_tid, registers)
        stacks = self._read_stacks(first, crashed_tid, fault)
        modules = ModuleReader(self._memory, self._errors).read_all(
            self._space, self._auxv.get(AT_ENTRY, 0)
        )
        return ProcessSnapshot(
            architecture=self._architecture,
            system=gather_system_facts(machine, self._auxv.get(AT_HWCAP, 0)),
            pid=self._files.pid,
            taken=moment.unix,
            started=self._read_start(moment),
            threads=self._threads(registers, stacks),
            mappings=self._space.mappings,
            modules=tuple(each.module for each in modules),
            signal=None if fault is None else fault.signal,
            memory=self._read_code(tuple(first.values()), self._limits.code),
            auxv=tuple(self._auxv.items()),
            status=status,
            dynamic_linking=self._read_dynamic_linking(modules),
            soft_errors=self._errors.lines,
        )

    def _read_layout(self) -> None:
        with self._errors.tolerated("maps"):
            data = self._files.read("maps", _LARGEST_MAPS)
            if not data.endswith(b"\n"):
                self._errors.add("maps", "cut short")
            self._space = AddressSpace(parse_maps(data))
        with self._errors.tolerated("auxv"):
            data = self._files.read("auxv", 4096)
            if data[-16:-8] != bytes(8):
                self._errors.add("auxv", "cut short")
            self._auxv = dict(parse_auxv(data))

    def _read_all_registers(self) -> dict[int, Registers]:
        found: dict[int, Registers] = {}
        for tid in self._tids:
            with self._errors.tolerated(f"registers of thread {tid}"):
                found[tid] = self._read_registers(tid)
        return found

    def _read_registers(self, tid: int) -> Registers:
        sizes = REGISTER_SETS[self._architecture]
        general = parse_general(
            self._architecture,
            self._requests.getregset(tid, ptrace.NT_PRSTATUS, sizes.general),
        )
        floating = b""
        with self._errors.tolerated(f"floating-point registers of thread {tid}"):
            floating = parse_floating(
                self._architecture,
                self._requests.getregset(tid, ptrace.NT_PRFPREG, sizes.floating),
            )
        return Registers(self._architecture, general, floating)

    def _read_fault(self, thread: CrashedThread) -> Fault | None:
        if thread.tid not in self._tids:
            self._errors.add("crashing thread", "not among the stopped ones")
            return None
        reader = FaultReader(
            self._files, self._requests, self._memory, self._space, self._errors
        )
        return reader.read(self._architecture, thread)

    def _most_important_first(
        self, crashed_tid: int, registers: Mapping[int, Registers]
    ) -> dict[int, Registers]:
        """The crashing thread, the main thread, the others in the kernel's order."""
        order = dict.fromkeys((crashed_tid, self._files.pid, *self._tids))
        return {tid: registers[tid] for tid in order if tid in registers}

    def _read_stacks(
        self, registers: Mapping[int, Registers], crashed_tid: int, fault: Fault | None
    ) -> dict[int, MemoryBlock]:
        faults = {crashed_tid: fault.signal.address} if fault else {}
        pointers = [
            StackPointer(
                tid,
                each.stack_pointer,
                each.general.get("fs_base", 0),
                faults.get(tid, 0),
            )
            for tid, each in registers.items()
        ]
        red_zone = REGISTER_SETS[self._architecture].red_zone
        planned = plan_stacks(pointers, self._space, red_zone, self._limits.stacks)
        stacks: dict[int, MemoryBlock] = {}
        for tid in registers:
            what = f"stack of thread {tid}"
            wanted = planned.get(tid)
            if wanted is None:
                self._errors.add(what, "no readable memory at its stack pointer")
                continue
            data = self._memory.read_range(wanted, what)
            if data:
                stacks[tid] = MemoryBlock(wanted.start, data)
        return stacks

    def _read_code(
        self, registers: Sequence[Registers], budget: int
    ) -> tuple[MemoryBlock, ...]:
        windows = plan_code_windows(registers, self._space, budget)
        blocks = (
            MemoryBlock(window.start, self._memory.read_range(window, "code"))
            for window in windows
        )
        return tuple(block for block in blocks if block.data)

    def _threads(
        self, registers: Mapping[int, Registers], stacks: Mapping[int, MemoryBlock]
    ) -> tuple[ThreadPicture, ...]:
        return tuple(
            ThreadPicture(tid, self._read_name(tid), registers[tid], stacks.get(tid))
            for tid in self._tids_with(registers)
        )

    def _tids_with(self, registers: Mapping[int, Registers]) -> tuple[int, ...]:
        return tuple(tid for tid in self._tids if tid in registers)

    def _read_name(self, tid: int) -> str:
        with self._errors.tolerated(f"name of thread {tid}"):
            return parse_comm(self._files.read(f"task/{tid}/comm", 128))
        return ""

    def _read_start(self, moment: Moment) -> float:
        with self._errors.tolerated("stat"):
            stat = parse_stat(self._files.read("stat", 4096))
            running = moment.since_boot - stat.start_ticks / os.sysconf("SC_CLK_TCK")
            return moment.unix - running
        return 0.0

    def _read_status(self) -> tuple[tuple[str, str], ...]:
        with self._errors.tolerated("status"):
            data = self._files.read("status", _LARGEST_FILE)
            if not data.endswith(b"\n"):
                self._errors.add("status", "cut short")
            return parse_status(data)
        return ()

    def _read_dynamic_linking(
        self, modules: Sequence[LoadedImage]
    ) -> DynamicLinking | None:
        executable = find_image(modules, self._auxv.get(AT_ENTRY, 0))
        if executable is None:
            self._errors.add("dynamic linking", "no module holds AT_ENTRY")
            return None
        with self._errors.tolerated("dynamic linking"):
            return read_dynamic_linking(
                self._memory.read, executable.image, self._errors
            )
        return None
