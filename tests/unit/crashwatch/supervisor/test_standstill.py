"""Who keeps a terminal from beating is read from its status."""

import pytest

from crashwatch.supervisor.standstill import excused_by


@pytest.mark.parametrize(
    ("status", "excused"),
    [
        (b"Name:\tx\nState:\tS (sleeping)\nTracerPid:\t0\n", False),
        (b"State:\tR (running)\nTracerPid:\t0\n", False),
        (b"State:\tD (disk sleep)\nTracerPid:\t0\n", False),
        (b"State:\tT (stopped)\nTracerPid:\t0\n", True),
        (b"State:\tt (tracing stop)\nTracerPid:\t12\n", True),
        (b"State:\tS (sleeping)\nTracerPid:\t12\n", True),
        (b"State:\tZ (zombie)\nTracerPid:\t0\n", True),
        (b"", False),
    ],
)
def test_excused_by(status: bytes, excused: bool) -> None:
    assert excused_by(status) is excused
