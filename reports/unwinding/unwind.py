"""From a thread's registers to its callers, one frame after the other.

Call frame information first. Where a module tells nothing: the chain of frame
pointers. Where that is broken: the next word of the stack that is a return address by
its code. A step of the two last kinds is marked as a guess; what follows rests on it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reports.errors import UnwindingError
from reports.unwinding.expression import evaluate
from reports.unwinding.rules import Kind, Rule
from reports.unwinding.thread_stack import ThreadStack
from scrubbers.words import DEFACED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reports.snapshot import ThreadPicture
    from reports.unwinding.module_code import CodeMap
    from reports.unwinding.processor import Processor
    from reports.unwinding.rules import Row

_FULL: Final = (1 << 64) - 1
_WORDS_SCANNED: Final = 1024
_LONGEST_FRAME: Final = 1 << 20

Registers = dict[int, int]
"""Known values by DWARF number."""


class Trust(enum.Enum):
    """How a frame was found; the words are those Sentry and Breakpad use."""

    CONTEXT = "context"
    CFI = "cfi"
    FRAME_POINTER = "fp"
    SCAN = "scan"


@dataclass(frozen=True, slots=True)
class Step:
    """One frame.

    Attributes:
        pointer: Where it stands: for all but the innermost, where it goes on.
        is_exact: Whether the instruction at ``pointer`` is the one it stands at; else
            it is the one before, the call.
    """

    pointer: int
    trust: Trust
    is_exact: bool

    @property
    def place(self) -> int:
        """An address inside the instruction that the frame is at."""
        return self.pointer if self.is_exact else self.pointer - 1


def unwind(
    thread: ThreadPicture,
    code: CodeMap,
    processor: Processor,
    *,
    most: int,
    go_on: Callable[[], bool] = lambda: True,
) -> Iterator[Step]:
    """The frames of a thread, innermost first.

    Args:
        thread: From a sanitized picture.
        most: Frames at most.
        go_on: Asked before each frame.
    """
    walk = _Walk(thread, code, processor)
    for _ in range(most):
        if not go_on():
            return
        yield walk.step
        if not walk.to_caller():
            return


class _Walk:
    """Stands at one frame: its registers, and how it was come by."""

    def __init__(
        self, thread: ThreadPicture, code: CodeMap, processor: Processor
    ) -> None:
        self._code = code
        self._processor = processor
        self._stack = ThreadStack(thread.stack)
        self._registers: Registers = {
            processor.numbers[name]: value
            for name, value in thread.registers.general.items()
            if name in processor.numbers and value != DEFACED
        }
        pointer = self._registers.get(processor.pointer, 0)
        self.step = Step(pointer, Trust.CONTEXT, is_exact=True)

    def to_caller(self) -> bool:
        """Go to the caller; False at the stack's end."""
        row = self._row()
        if row is not None:
            try:
                return self._by_rules(row)
            except UnwindingError:
                pass
        elif self.step.trust is Trust.CONTEXT and self._by_empty_call():
            return True
        return self._by_frame_pointer() or self._by_scan()

    def _row(self) -> Row | None:
        found = self._code.find(self.step.place)
        return None if found is None else found.row(self.step.place)

    def _by_rules(self, row: Row) -> bool:
        """Raises ``UnwindingError`` where a value that the rules need is not known."""
        cfa = self._cfa(row.cfa)
        returns = row.registers.get(row.return_register)
        if returns is not None and returns.kind is Kind.UNDEFINED:
            return False
        callers = dict(self._registers)
        callers[self._processor.stack] = cfa
        for register, rule in row.registers.items():
            value = self._value(register, rule, cfa)
            if value is None:
                callers.pop(register, None)
            else:
                callers[register] = value
        pointer = callers.get(row.return_register)
        if pointer is None:
            raise UnwindingError("the return address is not known")
        pointer &= self._processor.address_mask
        if pointer == 0:
            return False
        before = self._registers.get(self._processor.stack, 0)
        same = cfa == before and pointer == self.step.pointer
        if same or (cfa < before and not row.is_signal_frame):
            raise UnwindingError("the stack goes backwards")
        self._move(callers, pointer, Trust.CFI, is_exact=row.is_signal_frame)
        return True

    def _cfa(self, rule: Rule) -> int:
        if rule.kind is Kind.EXPRESSION:
            return self._evaluated(rule.expression)
        base = self._registers.get(rule.number)
        if rule.kind is not Kind.REGISTER_OFFSET or base is None:
            raise UnwindingError("the frame's address is not known")
        return (base + rule.offset) & _FULL

    def _value(self, register: int, rule: Rule, cfa: int) -> int | None:
        match rule.kind:
            case Kind.AT_CFA_OFFSET:
                value = self._stack.word(cfa + rule.number)
            case Kind.CFA_OFFSET:
                value = (cfa + rule.number) & _FULL
            case Kind.REGISTER:
                value = self._registers.get(rule.number)
            case Kind.SAME:
                value = self._registers.get(register)
            case Kind.EXPRESSION:
                value = self._evaluated(rule.expression, cfa)
            case Kind.AT_EXPRESSION:
                value = self._stack.word(self._evaluated(rule.expression, cfa))
            case _:
                value = None
        return value

    def _evaluated(self, expression: bytes, first: int | None = None) -> int:
        return evaluate(
            expression,
            register=self._registers.get,
            word=self._stack.word,
            first=first,
        )

    def _by_empty_call(self) -> bool:
        """A call through a bad pointer: nothing was pushed but the return address."""
        if self._code.find(self.step.pointer) is not None:
            return False
        link, stack = self._processor.link, self._registers.get(self._processor.stack)
        if stack is None:
            return False
        pointer = self._stack.word(stack) if link is None else self._registers.get(link)
        pointer = (pointer or 0) & self._processor.address_mask
        if not self._code.is_after_call(pointer):
            return False
        callers = dict(self._registers)
        callers[self._processor.stack] = stack + (8 if link is None else 0)
        self._move(callers, pointer, Trust.CFI, is_exact=False)
        return True

    def _by_frame_pointer(self) -> bool:
        """The word at the frame pointer is the caller's, the next one its return."""
        processor, known = self._processor, self._registers
        frame, stack = known.get(processor.frame), known.get(processor.stack)
        if frame is None or stack is None or not 0 <= frame - stack < _LONGEST_FRAME:
            return False
        before, pointer = self._stack.word(frame), self._stack.word(frame + 8)
        if before is None or pointer is None or not (before == 0 or before > frame):
            return False
        pointer &= processor.address_mask
        if self._code.is_after_call(pointer) is False:
            return False
        callers = {processor.stack: frame + 16, processor.frame: before}
        self._move(callers, pointer, Trust.FRAME_POINTER, is_exact=False)
        return True

    def _by_scan(self) -> bool:
        """The next word that a call left there, whoever made it."""
        stack = self._registers.get(self._processor.stack, self._stack.start)
        if self._stack.start - stack >= _LONGEST_FRAME:
            return False  # another stack than the one that was read
        first = max(-(-stack // 8) * 8, self._stack.start)
        last = min(first + 8 * _WORDS_SCANNED, self._stack.end)
        for address in range(first, last, 8):
            word = self._stack.word(address) or 0
            pointer = word & self._processor.address_mask
            if pointer > 4096 and self._code.is_after_call(pointer):
                callers = {self._processor.stack: address + 8}
                frame = self._registers.get(self._processor.frame, 0)
                if frame > address:
                    callers[self._processor.frame] = frame
                self._move(callers, pointer, Trust.SCAN, is_exact=False)
                return True
        return False

    def _move(
        self, callers: Registers, pointer: int, trust: Trust, *, is_exact: bool
    ) -> None:
        callers[self._processor.pointer] = pointer
        self._registers = callers
        self.step = Step(pointer, trust, is_exact)
