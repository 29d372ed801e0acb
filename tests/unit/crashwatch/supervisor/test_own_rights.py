"""Which files give rights that a tracer takes away."""

import os
from pathlib import Path

from crashwatch.supervisor import own_rights


def test_a_plain_file_has_none_and_a_setuid_file_has(tmp_path: Path) -> None:
    file = tmp_path / "program"
    file.touch()
    assert not own_rights._has_rights(str(file))
    for mode in (0o4755, 0o2755):
        file.chmod(mode)
        assert own_rights._has_rights(str(file))
    assert own_rights.may_be_traced(str(file)) == own_rights.traces_everything()
    assert not own_rights._has_rights(str(tmp_path / "missing"))


def test_root_may_trace_everything() -> None:
    effective = int(
        next(
            line.split()[1]
            for line in Path("/proc/self/status").read_text().splitlines()
            if line.startswith("CapEff:")
        ),
        16,
    )
    assert own_rights.traces_everything() == bool(effective & 1 << 19)
    assert own_rights.traces_everything() or os.geteuid() != 0
