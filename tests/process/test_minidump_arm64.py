"""A dump of an AArch64 process, from its recorded signal frame, in others' readers."""

import json
import struct
from dataclasses import dataclass
from pathlib import Path

import pytest

from crashwatch.linux.registers import general_names
from crashwatch.linux.signal_frame import find_signal_frames
from reports.minidump import Minidump, write_minidump
from reports.minidump.verify import problems
from reports.sanitize import sanitize
from reports.snapshot import (
    Architecture,
    Mapping,
    MemoryBlock,
    Module,
    Protection,
    Registers,
    SignalDetails,
    ThreadPicture,
)
from scrubbers import Identity
from tests.doubles import minidump_tools as tools
from tests.doubles.sample_snapshot import sample

pytestmark = pytest.mark.process

FROZEN = Path(__file__).parents[2] / "fixtures" / "frozen"
CODE = Mapping(
    0x400000, 0x480000, Protection.READ | Protection.EXECUTE, 0, "/bin/fault"
)
STACK = Mapping(
    0x5500000000, 0x5500801000, Protection.READ | Protection.WRITE, 0, "[stack]"
)


@dataclass(frozen=True)
class Dump:
    """The file, and the registers that the frame told."""

    path: Path
    data: bytes
    general: dict[str, int]


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Dump:
    data = (FROZEN / "arm64_fault.stack").read_bytes()
    pointer, restorer = struct.unpack_from("<QQ", data)
    handler = MemoryBlock(pointer, data[88 + 64 :])
    (frame,) = find_signal_frames(
        Architecture.ARM64, handler, lambda word: word == restorer
    )
    general = dict.fromkeys(general_names(Architecture.ARM64), 0) | frame.general
    registers = Registers(Architecture.ARM64, general, frame.floating)
    stack = MemoryBlock(general["sp"], struct.pack("<4Q", general["sp"] + 16, 7, 0, 0))
    snapshot = sample(
        architecture=Architecture.ARM64,
        threads=(ThreadPicture(77, "fault", registers, stack),),
        mappings=(CODE, STACK),
        modules=(Module(0x400000, 0x80000, "/bin/fault", "", bytes(range(20))),),
        signal=SignalDetails(77, 11, 1, 0x10),
        memory=(),
        auxv=(),
        dynamic_linking=None,
        pid=77,
    )
    written = write_minidump(sanitize(snapshot, identity=Identity()), {}, b"[]")
    path = tmp_path_factory.mktemp("arm64") / "arm64.dmp"
    path.write_bytes(written)
    return Dump(path, written, general)


def test_ours(dump: Dump) -> None:
    assert problems(Minidump(dump.data)) == ()


def test_breakpads_dump_prints_no_error(dump: Dump) -> None:
    assert tools.breakpad_errors(dump.path) == ([], 0)


def test_breakpads_stackwalk_finds_the_fault(dump: Dump) -> None:
    _, threads, crash, modules = tools.breakpad_walk(dump.path)
    assert len(threads) == 1
    assert crash[1].startswith("SIGSEGV")
    assert int(crash[2], 16) == 0x10
    assert set(modules) == {"fault"}


def test_rust_minidump_reads_the_registers(dump: Dump) -> None:
    done = tools.run(tools.find_tool("rust_stackwalk"), "--json", dump.path)
    told = json.loads(done.stdout)
    assert told["system_info"]["cpu_arch"] == "arm64"
    frame = told["crashing_thread"]["frames"][0]
    found = {name: int(value, 16) for name, value in frame["registers"].items()}
    for name in ("pc", "sp", "x0", "x28"):
        if name in found:
            assert found[name] in {dump.general[name], 0x0DEFACED0DEFACED}, name
    assert found["pc"] == dump.general["pc"]
    assert found["sp"] == dump.general["sp"]


def test_lldb_reads_the_registers(dump: Dump) -> None:
    text = tools.lldb(dump.path, "register read pc sp x0 x19 x28", "thread list")
    assert "stop reason = signal SIGSEGV" in text
    found = dict(part.split(" = ")[:2] for part in _registers(text))
    assert int(found["pc"].split()[0], 16) == dump.general["pc"]
    assert int(found["sp"].split()[0], 16) == dump.general["sp"]
    assert int(found["x0"].split()[0], 16) == 0x10


def _registers(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if " = 0x" in line]
