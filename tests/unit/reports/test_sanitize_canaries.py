"""Known text in every place a snapshot can hold it: none of it is in the dump."""

from __future__ import annotations

import dataclasses
import pickle
import zlib

import pytest

from reports.minidump import write_minidump
from reports.sanitize import sanitize
from reports.snapshot import (
    Architecture,
    LinkMapEntry,
    Mapping,
    MemoryBlock,
    Module,
    Protection,
    Registers,
    SystemFacts,
    ThreadPicture,
)
from scrubbers import Identity
from tests.doubles.sample_snapshot import LIBRARY, PROGRAM, STACK, sample

CANARY = "Quokka7Zebra9Lynx"
ENCODINGS = ("utf-8", "latin-1", "utf-16-le", "utf-32-le")
PIECE = 4
"""A word holds two letters of UTF-32 and eight of UTF-8; four in a row, in whatever
encoding, cannot be chance: the canary's letters stand in no name of ours."""


def pieces():
    """Every run of four letters of the canary, in each encoding."""
    runs = [CANARY[n : n + PIECE] for n in range(len(CANARY) - PIECE + 1)]
    return {(e, run): run.encode(e) for run in runs for e in ENCODINGS}


def found(data):
    return {key for key, needle in pieces().items() if needle in data}


def text(encoding, size):
    """``size`` bytes of the canary again and again."""
    raw = CANARY.encode(encoding)
    return (raw * (size // len(raw) + 1))[:size]


def planted_stack(shift):
    """Every encoding, at every alignment as ``shift`` goes from 0 to 7."""
    return b"".join(bytes(shift) + text(e, 512 - shift) for e in ENCODINGS)


def planted_registers(encoding):
    names = [
        "rax",
        "rbx",
        "rcx",
        "rdx",
        "rsi",
        "rdi",
        "rbp",
        *(f"r{n}" for n in range(8, 16)),
    ]
    raw = text(encoding, 8 * len(names))
    values = [
        int.from_bytes(raw[8 * n : 8 * n + 8], "little") for n in range(len(names))
    ]
    general = dict(zip(names, values, strict=True))
    word = int.from_bytes(text(encoding, 8), "little")
    general |= {"fs_base": word, "gs_base": word, "orig_rax": word, "cs": word}
    general |= {"eflags": word & 0xFFFFFFFF, "rip": word, "rsp": STACK + 0x100}
    return Registers(Architecture.AMD64, general, text(encoding, 512))


def planted():
    """The sample process with the canary wherever there is room for it."""
    low = Mapping(
        0x400000, 0x800000, Protection.READ | Protection.EXECUTE, 0, "/usr/bin/p"
    )
    threads = tuple(
        ThreadPicture(
            4242 + n,
            CANARY[:15],
            planted_registers(ENCODINGS[n % 4]),
            MemoryBlock(STACK + 0x10000 * n, planted_stack(n)),
        )
        for n in range(8)
    )
    base = sample()
    word = int.from_bytes(text("utf-8", 8), "little")
    return dataclasses.replace(
        base,
        threads=threads,
        system=SystemFacts(f"Linux {CANARY} 6.1.0", 2, cpu_vendor=text("utf-8", 12)),
        mappings=(
            *base.mappings,
            low,
            Mapping(0x1000, 0x2000, Protection.READ, 0, f"/home/{CANARY}/letter"),
            Mapping(0x2000, 0x3000, Protection.READ, 0, f"[anon:{CANARY}]"),
        ),
        modules=(
            *base.modules,
            Module(0x9000_0000_0000, 9, f"/home/{CANARY}/{CANARY}.so", CANARY, b""),
            Module(0x9100_0000_0000, 9, f"/opt/{CANARY}/lib/a.so", "", b""),
            Module(0x9200_0000_0000, 9, f"/srv/{CANARY}/{CANARY} (deleted)", "", b""),
        ),
        signal=dataclasses.replace(base.signal, address=word),
        memory=(
            MemoryBlock(0x9000_0000_0000, text("utf-8", 256)),
            MemoryBlock(STACK + 0x40, text("utf-16-le", 256)),
            MemoryBlock(LIBRARY, text("utf-8", 256)),
        ),
        auxv=((15, word), (25, word), (31, word), (24, word), (7, word), (3, word)),
        status=(("Name", CANARY), ("VmRSS", CANARY), (CANARY, "1 kB")),
        dynamic_linking=dataclasses.replace(
            base.dynamic_linking,
            linker_base=word,
            breakpoint_address=word,
            dynamic_address=word,
            dynamic=text("utf-8", 512),
            link_map=(LinkMapEntry(word, f"/home/{CANARY}/a.so", word),),
        ),
        soft_errors=(f"could not read /home/{CANARY}/a",),
    )


IDENTITIES = {
    "known": Identity(user=CANARY.lower(), home=f"/home/{CANARY}", host=CANARY),
}


def test_the_raw_snapshot_holds_all_of_it_so_the_search_can_find():
    raw = planted()
    memory = b"".join(thread.stack.data for thread in raw.threads)
    assert found(memory) == set(pieces())
    everything = pickle.dumps(raw)
    assert found(everything) == set(pieces())
    floating = b"".join(thread.registers.floating for thread in raw.threads)
    assert found(floating) == set(pieces())


@pytest.mark.parametrize(
    "code", [None, lambda _a, _n: bytes(7)], ids=["none", "no-call"]
)
def test_nothing_of_it_is_in_the_dump(code):
    picture = sanitize(planted(), identity=IDENTITIES["known"], read_code=code)
    annotations = {"release": "pachyterm@1", CANARY: CANARY, "capture": f"{CANARY}\n"}
    dump = write_minidump(picture, annotations, b"[]")
    assert found(dump) == set()
    assert found(pickle.dumps(picture.snapshot)) == set()


def test_memory_of_a_person_we_know_nothing_of_is_gone_too():
    picture = sanitize(planted(), identity=Identity())
    threads = picture.snapshot.threads
    kept = [t.stack.data + t.registers.floating for t in threads]
    words = [
        v.to_bytes(8, "little") for t in threads for v in t.registers.general.values()
    ]
    assert found(b"".join(kept)) == set()
    assert found(b"".join(words)) == set()
    assert {t.name for t in threads} == {""}
    assert not any(CANARY in m.path for m in picture.snapshot.modules[:2])


def test_what_is_left_of_the_stacks_compresses_to_nearly_nothing():
    picture = sanitize(planted(), identity=Identity())
    stacks = b"".join(t.stack.data for t in picture.snapshot.threads)
    assert len(zlib.compress(stacks)) < len(stacks) / 50


def test_the_program_stays_recognisable():
    picture = sanitize(planted(), identity=IDENTITIES["known"])
    assert picture.snapshot.modules[0].path == "/usr/bin/prog"
    assert picture.snapshot.modules[0].base == PROGRAM
