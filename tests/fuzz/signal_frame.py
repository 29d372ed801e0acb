"""Fuzz target: the search for a signal frame on any stack, and the judgement of it."""

from __future__ import annotations

import time

from crashwatch.linux.registers import general_names
from crashwatch.linux.signal_evidence import Circumstances, judge
from crashwatch.linux.signal_frame import find_signal_frames
from reports.snapshot import Architecture, MemoryBlock

_SECONDS_PER_MEGABYTE = 1.0


def TARGET(data: bytes) -> None:  # noqa: N802 -- the name every fuzz target has
    """Frames with every register or none, within 1 s for each MB of input.

    The first eight bytes choose the stack's address and what is known besides; every
    third word counts as a restorer's address.
    """
    begun = time.process_time()
    address = int.from_bytes(data[:6].ljust(6, b"\0"), "little")
    flavour = data[6:8].ljust(2, b"\0")
    stack = MemoryBlock(address, data[8:])
    for architecture in Architecture:
        frames = tuple(
            find_signal_frames(architecture, stack, lambda word: word % 3 == 0)
        )
        assert len(frames) <= 16
        for frame in frames:
            assert set(frame.general) <= set(general_names(architecture))
            assert all(0 <= value < 1 << 64 for value in frame.general.values())
            known = Circumstances(
                pid=address & 0xFFFF,
                tid=address & 0xFFFF,
                announced=flavour[0] & 31,
                caught=flavour[1] << 3 if flavour[1] else None,
                is_mapped=lambda value: bool(value & 1),
                code=data[:20],
            )
            verdict = judge(architecture, frame, known)
            assert 0 <= verdict.information.number <= 64
            assert verdict.information.code > 0 or not verdict.information.address
    allowed = _SECONDS_PER_MEGABYTE * max(1.0, len(data) / (1 << 20))
    assert time.process_time() - begun < allowed
