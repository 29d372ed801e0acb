"""Known text in a real process at its crash: none of it is in the dump's bytes."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

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

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

CANARY = "Quokka7Zebra9Lynx"
ENCODINGS = ("utf-8", "latin-1", "utf-16-le", "utf-32-le")

VICTIM = f"""
import sys
text = {CANARY!r}
kept = [text.encode(e) * 8 for e in {ENCODINGS!r}]
libc = ctypes.CDLL(None)
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
words = [int.from_bytes(kept[0][8 * n : 8 * n + 8], "little") for n in range(16)]
call = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_uint64] * 16)
def fall(*_):
    ctypes.string_at(0)
    return 0
call(fall)(*words)
"""


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


def snapshot_of(python, code=VICTIM):
    environment = {"TOKEN": CANARY, "HOME": f"/home/{CANARY}"}
    with (
        held_crash(python, code, environment=environment) as held,
        ProcDirectory(held.pid) as directory,
        frozen(held.pid) as stopped,
    ):
        tid = held.find_crashed(stopped.tids)
        return take_snapshot(stopped, directory, crashed_tid=tid, announced_signal=11)


@pytest.fixture(scope="module", params=["own", "/usr/bin/python3"])
def snapshot(request):
    python = sys.executable if request.param == "own" else request.param
    require(Path(python).exists(), f"no {python}", "apt-get install python3")
    return snapshot_of(python)


def test_the_raw_picture_holds_the_canary(snapshot):
    stacks = b"".join(t.stack.data for t in snapshot.threads if t.stack)
    assert {encoding for encoding, _ in found(stacks)} >= {"utf-8", "latin-1"}
    assert found(stacks) >= {("utf-8", piece) for piece in pieces("utf-8")}
    assert CANARY[:15] in {thread.name for thread in snapshot.threads}


@pytest.mark.parametrize("with_code", [True, False], ids=["code", "no-code"])
def test_the_dump_holds_none_of_it(snapshot, with_code):
    with MappedCode(snapshot.mappings if with_code else ()) as code:
        picture = sanitize(snapshot, identity=Identity(), read_code=code)
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
