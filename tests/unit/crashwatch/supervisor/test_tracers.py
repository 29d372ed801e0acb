"""Who traces whom, from /proc/PID/status."""

import pytest

from crashwatch.supervisor.tracers import Relations, parse_relations

STATUS = b"Name:\tmy prog\nState:\tS\nTgid:\t7\nPid:\t7\nPPid:\t3\nTracerPid:\t9\n"


def test_the_fields() -> None:
    assert parse_relations(STATUS) == Relations(7, "my prog", 3, 9)


def test_a_name_cannot_pretend_to_be_a_field() -> None:
    """The kernel escapes a newline in it; should it not, the first line is its own."""
    lying = STATUS.replace(b"my prog", b"x\\nTracerPid:\\t1")
    assert parse_relations(lying).tracer == 9


@pytest.mark.parametrize("text", [b"", b"Pid:\t1\n", STATUS.replace(b"9", b"x")])
def test_anything_else_is_refused(text: bytes) -> None:
    with pytest.raises((KeyError, ValueError)):
        parse_relations(text)
