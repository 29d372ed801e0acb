"""Registers and signal of the crashing thread at its fault, from stop or stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from crashwatch.linux.proc_parsers import parse_syscall
from crashwatch.linux.registers import general_names
from crashwatch.linux.signal_evidence import (
    CODE_AFTER,
    CODE_BEFORE,
    Circumstances,
    Verdict,
    judge,
)
from crashwatch.linux.signal_frame import RESTORER, SignalFrame, find_signal_frames
from crashwatch.linux.signal_information import (
    SignalInformation,
    is_fatal_delivery,
    parse_signal_information,
)
from reports.snapshot import Architecture, MemoryBlock, Registers, SignalDetails

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crashwatch.linux.address_space import AddressSpace
    from crashwatch.linux.process_memory import ProcessMemory
    from crashwatch.linux.soft_errors import SoftErrors
    from crashwatch.linux.sources import ProcessFiles, ThreadRegisters

_SEARCHED: Final = (16 * 1024, 256 * 1024)
"""Bytes above the handler's stack pointer: nearly always the first is enough."""

_NO_SYSTEM_CALL: Final = (1 << 64) - 1
"""``orig_rax`` of code that is not in a system call."""


@dataclass(frozen=True, slots=True)
class CrashedThread:
    """What is known of the crashing thread beforehand.

    Attributes:
        tid: The thread.
        registers: As they are now; None when they could not be read, then the stack
            pointer is taken from ``task/TID/syscall``.
        announced: Signal number in faulthandler's first line; 0 when not known.
        caught: ``SigCgt`` of ``status``; None when not known.
    """

    tid: int
    registers: Registers | None
    announced: int = 0
    caught: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Registers at the fault, and what the signal says."""

    registers: Registers
    signal: SignalDetails


class FaultReader:
    """Finds the fault of one thread, held in its handler or stopped at its signal."""

    def __init__(
        self,
        files: ProcessFiles,
        requests: ThreadRegisters,
        memory: ProcessMemory,
        space: AddressSpace,
        errors: SoftErrors,
    ) -> None:
        self._files = files
        self._requests = requests
        self._memory = memory
        self._space = space
        self._errors = errors
        self._restorers: dict[int, bool] = {}

    def read(self, architecture: Architecture, thread: CrashedThread) -> Fault | None:
        """Find the fault; None when neither the stop nor the stack shows one."""
        current = thread.registers
        stopped_by = self._read_stop(thread.tid)
        if current is not None and stopped_by is not None:
            return Fault(current, _details(thread.tid, stopped_by, None))
        pointer = current.stack_pointer if current else self._blocked_at(thread.tid)
        found = None if pointer is None else self._search(architecture, pointer, thread)
        if found is None:
            self._errors.add("signal frame", "not found")
            return None
        frame, verdict = found
        if not verdict.information.number:
            self._errors.add("signal number", "nothing tells it")
        registers = _at_fault(architecture, frame, current)
        return Fault(registers, _details(thread.tid, verdict.information, verdict.trap))

    def _read_stop(self, tid: int) -> SignalInformation | None:
        information = None
        with self._errors.tolerated("signal of the stop"):
            information = parse_signal_information(self._requests.getsiginfo(tid))
        if information is not None and is_fatal_delivery(information):
            return information
        return None

    def _blocked_at(self, tid: int) -> int | None:
        with self._errors.tolerated("system call of the crashing thread"):
            blocked = parse_syscall(self._files.read(f"task/{tid}/syscall", 4096))
            if blocked is not None:
                return blocked.stack_pointer
        return None

    def _search(
        self, architecture: Architecture, pointer: int, thread: CrashedThread
    ) -> tuple[SignalFrame, Verdict] | None:
        """Search upward from the handler's stack pointer.

        That is the alternate stack where the thread has one, its own stack otherwise.
        """
        mapping = self._space.find(pointer)
        restorer = RESTORER[architecture]
        for size in _SEARCHED:
            if mapping is None:
                break
            wanted = range(pointer, min(pointer + size, mapping.end))
            data = self._memory.read_range(wanted, "stack of the signal handler")
            frames = find_signal_frames(
                architecture,
                MemoryBlock(pointer, data),
                lambda address: self._is_restorer(restorer, address),
            )
            found = self._choose(architecture, frames, thread)
            if found is not None:
                return found
        return None

    def _is_restorer(self, code: bytes, address: int) -> bool:
        known = self._restorers.get(address)
        if known is None:
            is_executable = self._space.is_executable(address)
            known = is_executable and self._read_code(address, len(code)) == code
            self._restorers[address] = known
        return known

    def _read_code(self, address: int, size: int) -> bytes:
        try:
            return self._memory.read(address, size)
        except OSError:
            return b""

    def _choose(
        self,
        architecture: Architecture,
        frames: Iterable[SignalFrame],
        thread: CrashedThread,
    ) -> tuple[SignalFrame, Verdict] | None:
        """The newest frame that explains the signal, else the newest."""
        newest: tuple[SignalFrame, Verdict] | None = None
        for frame in frames:
            known = self._circumstances(frame, thread)
            verdict = judge(architecture, frame, known)
            if verdict.is_certain:
                return frame, verdict
            newest = newest or (frame, verdict)
        return newest

    def _circumstances(
        self, frame: SignalFrame, thread: CrashedThread
    ) -> Circumstances:
        at = frame.general.get("rip", frame.general.get("pc", 0))
        code = b""
        if self._space.is_executable(at):
            code = self._read_code(at - CODE_BEFORE, CODE_BEFORE + CODE_AFTER)
        return Circumstances(
            pid=self._files.pid,
            tid=thread.tid,
            announced=thread.announced,
            caught=thread.caught,
            is_mapped=lambda address: self._space.find(address) is not None,
            code=code,
        )


def _at_fault(
    architecture: Architecture, frame: SignalFrame, current: Registers | None
) -> Registers:
    """Complete the frame's registers by those that a handler does not change."""
    general = dict.fromkeys(general_names(architecture), 0)
    if current is not None:
        general |= current.general
    if "orig_rax" in general:
        general["orig_rax"] = _NO_SYSTEM_CALL
    return Registers(architecture, general | frame.general, frame.floating)


def _details(
    tid: int, information: SignalInformation, trap: int | None
) -> SignalDetails:
    return SignalDetails(
        tid, information.number, information.code, information.address, trap
    )
