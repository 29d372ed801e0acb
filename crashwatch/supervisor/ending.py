"""How a terminal ended, and what was seen on the way."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:  # a wake must be quick
    import resource

    from crashwatch.supervisor.held import HeldCrash
    from crashwatch.supervisor.timeline import Sample

Records = list[list[str]]


class Ending:
    """How it ended and what was seen on the way.

    Attributes:
        status: The terminal's wait status.
        usage: Its resource usage (peak resident size, CPU time).
        crash: What the hold gave, or None.
        messages: What the client told, oldest first, bounded.
        out_of_memory: The kernel killed for want of memory meanwhile.
        timeline: How much it used of the machine, where that was sampled.
        told: Its death is told already, by a report of one of its children's kind.
    """

    def __init__(
        self,
        status: int,
        usage: resource.struct_rusage,
        crash: HeldCrash | None,
        messages: list[Records],
        out_of_memory: bool,  # noqa: FBT001 -- a value of five parts
        timeline: tuple[Sample, ...] = (),
        *,
        told: bool = False,
    ) -> None:
        self.status = status
        self.usage = usage
        self.crash = crash
        self.messages = messages
        self.out_of_memory = out_of_memory
        self.timeline = timeline
        self.told = told

    @property
    def is_worth_a_look(self) -> bool:
        """Whether there can be a report: not where it just ended and told nothing."""
        told = any(records[0][0] == "exception" for records in self.messages)
        return told or os.WIFSIGNALED(self.status)
