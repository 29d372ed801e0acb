"""A small made-up process, as a snapshot: two threads, three modules, nobody's data."""

from __future__ import annotations

import struct

from reports.snapshot import (
    Architecture,
    DynamicLinking,
    LinkMapEntry,
    Mapping,
    MemoryBlock,
    Module,
    ProcessSnapshot,
    Protection,
    Registers,
    SignalDetails,
    SystemFacts,
    ThreadPicture,
)

PROGRAM = 0x5555_5555_4000
LIBRARY = 0x7F11_0000_0000
STACK = 0x7FFD_4000_0000
OTHER_STACK = 0x7F22_0000_0000

_R, _W, _X = Protection.READ, Protection.WRITE, Protection.EXECUTE


def words(*values):
    return struct.pack(f"<{len(values)}Q", *values)


def registers(rip, rsp, **more):
    general = {
        "rip": rip,
        "rsp": rsp,
        "cs": 0x33,
        "ss": 0x2B,
        "eflags": 0x10246,
        **more,
    }
    return Registers(Architecture.AMD64, general, bytes(512))


def sample(**changes):
    """The snapshot; keyword arguments replace its fields."""
    stack = words(7, LIBRARY + 0x1100, STACK + 0x1000, 0x1122334455667788)
    fields = {
        "architecture": Architecture.AMD64,
        "system": SystemFacts(
            "Linux 6.1.0-18 #1 SMP x86_64", 4, 6, 0x9E0A, b"GenuineIntel", 0x906EA, 99
        ),
        "pid": 4242,
        "taken": 1_700_000_000.5,
        "started": 1_699_999_000.0,
        "threads": (
            ThreadPicture(
                4242,
                "python3",
                registers(LIBRARY + 0x1234, STACK + 0xF00, rax=5),
                MemoryBlock(STACK + 0xF00, stack),
            ),
            ThreadPicture(
                4243,
                "gmain",
                registers(LIBRARY + 0x1300, OTHER_STACK + 0x800),
                MemoryBlock(OTHER_STACK + 0x800, words(1, 2, 3)),
                5,
            ),
        ),
        "mappings": (
            Mapping(PROGRAM, PROGRAM + 0x1000, _R, 0, "/usr/bin/prog"),
            Mapping(
                PROGRAM + 0x1000, PROGRAM + 0x2000, _R | _X, 0x1000, "/usr/bin/prog"
            ),
            Mapping(LIBRARY, LIBRARY + 0x1000, _R, 0, "/usr/lib/libone.so.1"),
            Mapping(
                LIBRARY + 0x1000, LIBRARY + 0x3000, _R | _X, 0, "/usr/lib/libone.so.1"
            ),
            Mapping(OTHER_STACK, OTHER_STACK + 0x1000, _R | _W, 0, ""),
            Mapping(STACK, STACK + 0x2000, _R | _W, 0, "[stack]"),
        ),
        "modules": (
            Module(PROGRAM, 0x2000, "/usr/bin/prog", "", bytes(range(20))),
            Module(
                LIBRARY, 0x3000, "/usr/lib/libone.so.1", "libone.so.1", b"\xab" * 20
            ),
        ),
        "signal": SignalDetails(4242, 11, 1, 0x10, 14),
        "memory": (MemoryBlock(LIBRARY + 0x1200, bytes(range(64))),),
        "auxv": (
            (3, PROGRAM + 0x40),
            (6, 4096),
            (9, PROGRAM + 0x1080),
            (16, 0x178BFBFF),
        ),
        "status": (("VmRSS", "1200 kB"), ("Threads", "2")),
        "dynamic_linking": DynamicLinking(
            1,
            LIBRARY,
            LIBRARY + 0x1010,
            PROGRAM + 0x800,
            words(1, 5, 21, PROGRAM + 0x900, 0, 0),
            (LinkMapEntry(PROGRAM, "", PROGRAM + 0x800),),
        ),
        "soft_errors": ("the stack of a thread could not be read",),
    }
    return ProcessSnapshot(**{**fields, **changes})
