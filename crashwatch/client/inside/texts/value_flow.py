"""Which value an instruction gets, as far as the code before it says for certain.

One pass over a function's instructions, in their order, with a stack and local
variables that hold what is known of each value; most are unknown. Where two ways meet,
what differs is unknown; at the start of a loop every variable is, at that of an
exception handler everything. So the pass may begin anywhere, and an instruction that
is not known forgets all.
"""

from . import bytecode
from .flow_state import Flow
from .stack_effects import step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

    from .flow_state import State
    from .values import Value

WINDOW = 1000
"""Bytes of code looked at before the instruction in question."""

LONGEST = 4000
"""Bytes of code that are looked at from end to end."""


def sweep(
    code: "CodeType", stop: "int | None", known: "dict[int, Value] | None" = None
) -> "Flow | None":
    """The state just before the instruction at ``stop`` (an offset), or at the end.

    Args:
        known: What is known of the arguments, by their number.

    Returns:
        None where the code is too long, or has no such instruction.
    """
    raw = code.co_code
    if stop is None and len(raw) > LONGEST:
        return None
    begin = 0 if stop is None else bytecode.beginning(raw, stop - WINDOW)
    listing = bytecode.read(code, begin, stop)
    if not listing or (stop is not None and listing[-1][1] != stop):
        return None
    walk = _Walk(code, begin, known or {})
    for entry in listing[:-1]:
        walk.enter(entry[0])
        walk.carry_out(entry)
    walk.enter(listing[-1][0])
    if stop is None:
        walk.carry_out(listing[-1])
    return walk.flow if walk.alive or stop is None else None


class _Walk:
    """One pass: where jumps go, and what was known where they came from."""

    def __init__(self, code: "CodeType", begin: int, known: "dict[int, Value]") -> None:
        self.flow = Flow(code, {} if begin else known)
        self.alive = True
        self._waiting: dict[int, list[State]] = {}
        self._targets = bytecode.jumps(code.co_code)
        self._unknown = bytecode.handlers(code)
        self._loops: set[int] = set()
        for offset, target in self._targets.items():
            if offset < begin:
                self._unknown.add(target)
            elif target <= offset:
                self._loops.add(target)

    def enter(self, start: int) -> None:
        """Come to an instruction, from the one before it and from elsewhere."""
        states = self._waiting.pop(start, [])
        if states and not self.alive:
            self.flow.stack, self.flow.locals = states.pop()
            self.alive = True
        for state in states:
            self.flow.merge(state)
        if start in self._unknown or (start in self._loops and not self.alive):
            self.flow.forget()
            self.alive = True
        elif start in self._loops:
            # A loop leaves what lies below it on the stack as it is.
            self.flow.locals = {}

    def carry_out(self, entry: "bytecode.Instruction") -> None:
        """Carry out an instruction, where it is reached at all."""
        if not self.alive:
            return
        _, offset, operation, argument = entry
        self.alive, there = step(self.flow, operation, argument)
        target = self._targets.get(offset, -1)
        if target > offset:
            if there is None:
                self._unknown.add(target)
            else:
                self._waiting.setdefault(target, []).append(there)
