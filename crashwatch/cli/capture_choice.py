"""Which way a program is captured, and why: one decision for ``run`` and the doctor.

``run`` loads this before the program starts: standard library only.
"""

from __future__ import annotations

from typing import NamedTuple

from crashwatch.supervisor.program import Kind


class Choice(NamedTuple):
    """What will be done.

    Attributes:
        arms: Our client is sent into the program: the hold, exceptions.
        traces: A tracer of ours is attached from the first instruction on.
        why: One sentence for the person.
    """

    arms: bool
    traces: bool
    why: str

    @property
    def method(self) -> str:
        """``trace``, ``hold`` or ``status``, as reports name it."""
        if self.traces:
            return "trace"
        return "hold" if self.arms else "status"


_CLIENT = {
    Kind.PYTHON: "it is Python",
    Kind.MAYBE: "it may run Python",
    Kind.ISOLATED: "-I, -E or -S keeps the client out of this Python",
    Kind.NATIVE: "no Python was seen in it",
}


def choose(
    mode: str, kind: Kind, *, trace_native: bool, may_be_traced: bool = True
) -> Choice:
    """Decide.

    Args:
        mode: ``auto``, ``hold`` or ``trace``.
        kind: What the program is.
        trace_native: The setting: ``auto`` may trace programs that cannot be armed.
        may_be_traced: As ``may_be_traced`` tells of its file.
    """
    arms = kind in {Kind.PYTHON, Kind.MAYBE}
    asked = mode == "trace" or (mode == "auto" and trace_native and not arms)
    if asked and may_be_traced:
        return Choice(arms, True, f"{_CLIENT[kind]}; tracing was asked for")
    if asked:
        why = "it has rights of its own (setuid, capabilities) that a tracer takes away"
        return Choice(arms, False, why)
    if arms:
        return Choice(True, False, _CLIENT[kind])
    how = "--capture trace or trace_native = true captures it"
    return Choice(False, False, f"{_CLIENT[kind]}; {how}")
