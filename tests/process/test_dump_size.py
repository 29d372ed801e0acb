"""What a crash in eight threads costs on the wire."""

import sys
from pathlib import Path

import pytest
import zstandard

from reports.upload.encoding import Encoding, encode
from tests.doubles.stored_bytes import plain
from tests.doubles.target_program import run_to_end, supervised

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

CRASHPAD = 5100
"""Bytes of Crashpad's dump of such a crash under zstd -19, as it was measured."""

WIRE = 8 * 1024


def test_a_crash_in_eight_threads_is_small(
    programs: Path, crashwatch_home: Path, tmp_path: Path
) -> None:
    program = [sys.executable, str(programs / "many_threads_crash.py"), "7"]
    run_to_end(supervised(program, "--headless", f"--artifacts={tmp_path}"))
    dump = zstandard.ZstdCompressor(level=19).compress(
        (tmp_path / "crash.dmp").read_bytes()
    )
    (envelope,) = crashwatch_home.glob("reports/pending/*/envelope.zst")
    wire = {e.value: len(encode(plain(envelope), e)) for e in Encoding}
    print(f"minidump {len(dump)} bytes under zstd -19; envelope on the wire {wire}")
    assert len(dump) <= 0.8 * CRASHPAD
    assert max(wire.values()) <= WIRE
