"""Fuzz target: whatever arrives on the hold socket, read as a traceback."""

from crashwatch.backtraces.faulthandler_text import (
    announced_signal,
    parse_faulthandler,
)


def TARGET(data: bytes) -> None:  # noqa: N802 -- the name every fuzz target has
    """Never raises; every frame and thread comes from a line of its own."""
    found = parse_faulthandler(data)
    lines = data.decode("utf-8", "replace").splitlines()
    frames = sum(len(thread.frames) for thread in found.threads)
    assert len(found.threads) + frames <= len(lines)
    assert all(frame.line is not None and frame.line >= 0 for frame in _all(found))
    assert announced_signal(data) in {0, 4, 6, 7, 8, 11}


def _all(found):
    return [frame for thread in found.threads for frame in thread.frames]
