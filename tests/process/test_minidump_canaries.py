"""Known text in a real process at its crash: none of it is in the dump's bytes."""

from __future__ import annotations

import os
import shutil
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crashwatch.linux.freeze import frozen
from crashwatch.linux.proc_directory import ProcDirectory
from crashwatch.linux.snapshot import take_snapshot
from reports.mapped_code import MappedCode
from reports.minidump import Minidump, write_minidump
from reports.sanitize import sanitize
from scrubbers import Identity
from tests.doubles.held_crash import held_crash
from tests.doubles.requirement import require

if TYPE_CHECKING:
    from reports.snapshot import ProcessSnapshot

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

CANARY = "Quokka7Zebra9Lynx"
ENCODINGS = ("utf-8", "latin-1", "utf-16-le", "utf-32-le")

VICTIM = f"""
import mmap, struct, sys
text = {CANARY!r}
encodings = {ENCODINGS!r}
kept = [text.encode(e) * 8 for e in encodings]
libc = ctypes.CDLL(None)
libc.prctl.argtypes = [ctypes.c_int, ctypes.c_char_p] + [ctypes.c_ulong] * 3
under_home = ctypes.CDLL(os.environ["LIBRARY"])
def name_thread():
    libc.prctl(15, text[:15].encode(), 0, 0, 0)
ready = threading.Barrier(3)
def wait(copy):
    name_thread()
    local = ctypes.create_string_buffer(b"".join(kept))
    ready.wait()
    libc.select(0, local, None, None, None)
for n in range(2):
    threading.Thread(target=wait, args=(n,), daemon=True).start()
ready.wait()
code = bytes.fromhex(os.environ["LOAD_AND_FAULT"])
page = mmap.mmap(-1, 4096, prot=7)
page.write(code)
at = ctypes.addressof(ctypes.c_char.from_buffer(page))
table = bytes.fromhex(os.environ["TABLE"])
words = [int.from_bytes(k[8 * n : 8 * n + 8], "little") for k in kept for n in range(9)]
call = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, *[ctypes.c_uint64] * 36)
call(at)(table, *words)
"""

WIDE = [CANARY[n : n + 4].encode("utf-32-le") for n in (0, 4, 8, 12)]
"""Four letters each: what an xmm register holds."""

X87 = CANARY[4:12].encode() + b"\xff\x3f"
TABLE = (
    b"".join(WIDE)
    + CANARY[:16].encode()
    + CANARY[:8].encode("utf-16-le")
    + X87.ljust(16)
    + CANARY[:4].encode("utf-32-le")
    + CANARY[4:8].encode("utf-16-le")
    + CANARY[:16].encode()
    + CANARY[8:16].encode("utf-16-le")
    + CANARY[:6].encode().ljust(8, b"\0")
)
LOAD_AND_FAULT = bytes.fromhex(
    "0f1007"  # movups xmm0, [rdi]
    "0f104f10"  # movups xmm1, [rdi+0x10]
    "0f105720"  # movups xmm2, [rdi+0x20]
    "0f105f30"  # movups xmm3, [rdi+0x30]
    "0f106740"  # movups xmm4, [rdi+0x40]
    "440f107f50"  # movups xmm15, [rdi+0x50]
    "db6f60"  # fld tbyte [rdi+0x60]
    "4c8b4770"  # mov r8, [rdi+0x70]
    "4c8b4f78"  # mov r9, [rdi+0x78]
    "4c8b9780000000"  # mov r10, [rdi+0x80]
    "4c8b9f88000000"  # mov r11, [rdi+0x88]
    "4c8ba790000000"  # mov r12, [rdi+0x90]
    "4c8baf98000000"  # mov r13, [rdi+0x98]
    "4c8bb7a0000000"  # mov r14, [rdi+0xa0]
    "4c8bbfa8000000"  # mov r15, [rdi+0xa8]
    "488b87a8000000"  # mov rax, [rdi+0xa8]
    "8800"  # mov [rax], al
)
"""Fills registers from the table at rdi, then writes to an address of six letters."""


SPELLING = """
class All(ctypes.Structure):
    _fields_ = [("words", ctypes.c_uint64 * 17576)]
letters = range(97, 123)
words = [a | b << 8 | c << 16 for a in letters for b in letters for c in letters]
strlen = ctypes.CDLL(None).strlen
strlen.argtypes = [ctypes.c_void_p, All]
strlen(None, All((ctypes.c_uint64 * 17576)(*words)))
"""
LETTERS = range(97, 123)
WORDS = {a | b << 8 | c << 16 for a in LETTERS for b in LETTERS for c in LETTERS}


def pieces(encoding):
    """Every run of four letters of the canary."""
    runs = range(len(CANARY) - 3)
    return [CANARY[n : n + 4].encode(encoding) for n in runs]


def found(data):
    return {
        (encoding, piece)
        for encoding in ENCODINGS
        for piece in pieces(encoding)
        if piece in data
    }


def snapshot_of(python, code=VICTIM, library="", heap=None):
    """The raw picture; the heap's bytes are appended to ``heap``."""
    environment = {
        "TOKEN": CANARY,
        "HOME": f"/home/{CANARY}",
        "LIBRARY": str(library),
        "TABLE": TABLE.hex(),
        "LOAD_AND_FAULT": LOAD_AND_FAULT.hex(),
    }
    with (
        held_crash(python, code, environment=environment) as held,
        ProcDirectory(held.pid) as directory,
        frozen(held.pid) as stopped,
    ):
        tid = held.find_crashed(stopped.tids)
        taken = take_snapshot(stopped, directory, crashed_tid=tid, announced_signal=11)
        for mapping in taken.mappings if heap is not None else ():
            if mapping.path == "[heap]":
                size = mapping.end - mapping.start
                heap.append(directory.read_memory(mapping.start, size))
        return taken


@dataclass(frozen=True)
class Planted:
    """A raw picture, the home its canaries are under, and the heap beside it."""

    snapshot: ProcessSnapshot
    identity: Identity
    heap: bytes


@pytest.fixture(scope="module", params=["own", "/usr/bin/python3"])
def planted(request, tmp_path_factory):
    require(os.uname().machine == "x86_64", "registers are filled by x86-64 code", "")
    python = sys.executable if request.param == "own" else request.param
    require(Path(python).exists(), f"no {python}", "apt-get install python3")
    home = tmp_path_factory.mktemp("home") / CANARY
    library = home / CANARY / "libfine.so"
    library.parent.mkdir(parents=True)
    shutil.copy(find_library(), library)
    heap = []
    snapshot = snapshot_of(python, library=library, heap=heap)
    return Planted(snapshot, Identity(home=str(home)), b"".join(heap))


def find_library():
    """Any library of the system that needs nothing but libc."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    return next(line.split()[-1] for line in lines if "/libm.so" in line)


@pytest.fixture
def snapshot(planted):
    return planted.snapshot


def carriers(planted):
    """The bytes of each thing that carries the canary, as they were read."""
    snapshot, crashed = planted.snapshot, planted.snapshot.crashed
    main = next(t for t in snapshot.threads if t.tid == snapshot.pid)
    general = crashed.registers.general
    return {
        "stack": crashed.stack.data,
        "argv and environ": main.stack.data[-4096:],
        "general registers": b"".join(
            general[f"r{n}"].to_bytes(8, "little") for n in range(8, 16)
        ),
        "vector registers": crashed.registers.floating[0xA0:],
        "x87 registers": crashed.registers.floating[0x20:0xA0],
        "fault address": snapshot.signal.address.to_bytes(8, "little"),
        "thread names": "\n".join(t.name for t in snapshot.threads).encode(),
        "module paths": "\n".join(m.path for m in snapshot.modules).encode(),
        "heap": planted.heap,
    }


def test_the_raw_picture_holds_the_canary_in_every_carrier(planted):
    raw = carriers(planted)
    encodings = {name: {e for e, _ in found(data)} for name, data in raw.items()}
    print(encodings)
    everywhere, narrow = set(ENCODINGS), {"utf-8", "latin-1"}
    for name in ("stack", "general registers", "vector registers", "heap"):
        assert encodings.pop(name) == everywhere, name
    assert all(found_in >= narrow for found_in in encodings.values()), encodings
    assert found(raw["stack"]) >= {("utf-8", piece) for piece in pieces("utf-8")}


@pytest.mark.parametrize("with_code", [True, False], ids=["code", "no-code"])
def test_the_dump_holds_none_of_it(planted, with_code):
    snapshot = planted.snapshot
    with MappedCode(snapshot.mappings if with_code else ()) as code:
        picture = sanitize(snapshot, identity=planted.identity, read_code=code)
    dump = write_minidump(picture, {"release": "pachyterm@1"}, b"[]")
    assert found(dump) == set()
    assert len(Minidump(dump).threads) == 3
    assert picture.removed.failures == 0


def test_code_of_the_mapped_files_keeps_return_addresses(snapshot):
    """A program linked at a fixed address cannot be unwound without them."""
    with MappedCode(snapshot.mappings) as code:
        kept = sanitize(snapshot, identity=Identity(), read_code=code)
    blind = sanitize(snapshot, identity=Identity(), read_code=lambda _a, _n: b"")
    low = any(m.start < 1 << 32 for m in snapshot.mappings)
    assert (kept.removed.stack_words < blind.removed.stack_words) == low


def stack_words(snapshot):
    thread = snapshot.crashed
    data = thread.stack.data
    return set(struct.unpack(f"<{len(data) // 8}Q", data[: len(data) // 8 * 8]))


def test_of_all_three_letter_words_on_a_stack_none_survives():
    """Debian's python3.11 is linked at 4 MiB: each of them is a valid address."""
    python = Path("/usr/bin/python3")
    require(python.exists(), f"no {python}", "apt-get install python3")
    snapshot = snapshot_of(python, SPELLING)
    assert stack_words(snapshot) >= WORDS
    with MappedCode(snapshot.mappings) as code:
        picture = sanitize(snapshot, identity=Identity(), read_code=code)
    assert stack_words(picture.snapshot) & WORDS == set()
