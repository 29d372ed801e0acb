"""Fuzz target: the answer of py-spy."""

from crashwatch.backtraces.pyspy import PySpyError, parse_pyspy
from reports.evidence import RawThread


def TARGET(data: bytes) -> None:  # noqa: N802 -- the name every fuzz target has
    """Any bytes are threads or a PySpyError, whose text holds nothing of them."""
    try:
        threads = parse_pyspy(data)
    except PySpyError as error:
        known = {"ValueError", "TypeError", "KeyError", "AttributeError"}
        known |= {"JSONDecodeError", "UnicodeDecodeError", "RecursionError"}
        known |= {"OverflowError"}
        text = str(error)
        assert text.rpartition(": ")[2] in known or text.endswith("too long")
        return
    for thread in threads:
        assert isinstance(thread, RawThread)
        assert isinstance(thread.name, str)
        assert thread.tid is None or isinstance(thread.tid, int)
        for frame in thread.frames:
            assert isinstance(frame.function, str)
            assert isinstance(frame.file, str)
            assert frame.line is None or isinstance(frame.line, int)
