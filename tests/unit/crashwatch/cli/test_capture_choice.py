"""The table of modes and programs."""

import pytest

from crashwatch.cli.capture_choice import choose
from crashwatch.supervisor.program import Kind

TABLE = {
    # mode, trace_native: python, maybe, isolated, native
    ("auto", False): ("hold", "hold", "status", "status"),
    ("auto", True): ("hold", "hold", "trace", "trace"),
    ("hold", False): ("hold", "hold", "status", "status"),
    ("hold", True): ("hold", "hold", "status", "status"),
    ("trace", False): ("trace", "trace", "trace", "trace"),
    ("trace", True): ("trace", "trace", "trace", "trace"),
}
KINDS = (Kind.PYTHON, Kind.MAYBE, Kind.ISOLATED, Kind.NATIVE)


@pytest.mark.parametrize(("mode", "allowed"), TABLE)
def test_each_mode_and_each_kind(mode: str, allowed: bool) -> None:
    for kind, method in zip(KINDS, TABLE[mode, allowed], strict=True):
        choice = choose(mode, kind, trace_native=allowed)
        assert choice.method == method
        assert choice.arms == (kind in {Kind.PYTHON, Kind.MAYBE})
        assert choice.why


@pytest.mark.parametrize("kind", KINDS)
def test_a_program_with_rights_of_its_own_is_never_traced(kind: Kind) -> None:
    choice = choose("trace", kind, trace_native=True, may_be_traced=False)
    assert not choice.traces
    assert "setuid" in choice.why
