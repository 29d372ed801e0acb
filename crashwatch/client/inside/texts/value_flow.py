"""Which value an instruction gets, as far as the code before it says for certain.

One pass over a function's instructions, in their order, with a stack and local
variables that hold what is known of each value; most are unknown. Where two ways meet,
what differs is unknown; at the start of a loop and of an exception handler everything
is. So the pass may begin anywhere, and an instruction that is not known forgets all.
"""

from . import bytecode
from .flow_state import Flow
from .stack_effects import step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

    from .flow_state import State
    from .values import Value

WINDOW = 400
"""Instructions looked at before the one in question."""


def sweep(
    code: "CodeType", stop: "int | None", known: "dict[int, Value] | None" = None
) -> "Flow | None":
    """The state just before the instruction at ``stop`` (an offset), or at the end.

    Args:
        known: What is known of the arguments, by their number.

    Returns:
        None where the code is too long, or has no such instruction.
    """
    listing = bytecode.read(code)
    if listing is None or (stop is None and len(listing) > 2 * WINDOW):
        return None
    last = len(listing) - 1
    if stop is not None:
        places = [number for number, entry in enumerate(listing) if entry[1] == stop]
        if not places:
            return None
        last = places[0]
    first = max(0, last - WINDOW) if stop is not None else 0
    walk = _Walk(code, listing, listing[first][0])
    walk.flow = Flow(code, (known or {}) if first == 0 else {})
    for entry in listing[first:last]:
        walk.enter(entry[0])
        walk.carry_out(entry)
    walk.enter(listing[last][0])
    if stop is None:
        walk.carry_out(listing[last])
    return walk.flow if walk.alive or stop is None else None


class _Walk:
    """One pass: where jumps go, and what was known where they came from."""

    def __init__(
        self, code: "CodeType", listing: "list[bytecode.Instruction]", begin: int
    ) -> None:
        self.flow = Flow(code, {})
        self.alive = True
        self._waiting: dict[int, list[State]] = {}
        self._targets = {
            entry[1]: bytecode.jump_target(code.co_code, *entry[1:])
            for entry in listing
            if entry[2] in bytecode.JUMPS
        }
        self._unknown = bytecode.handlers(code) | {
            target
            for offset, target in self._targets.items()
            if target <= offset or offset < begin
        }

    def enter(self, start: int) -> None:
        """Come to an instruction, from the one before it and from elsewhere."""
        states = self._waiting.pop(start, [])
        if start in self._unknown:
            self.flow.forget()
        elif states:
            if not self.alive:
                self.flow.stack, self.flow.locals = states.pop()
            for state in states:
                self.flow.merge(state)
        else:
            return
        self.alive = True

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
