"""The smallest programs there can be: one page of machine code in a memfd.

A CPython process costs megabytes; a process that only has to exist costs a page. The
image is an ELF header, one program header that loads the whole file read-and-execute,
and the code right behind it.
"""

from __future__ import annotations

import os
import platform
import struct

_BASE = 0x400000
_HEADERS = 64 + 56

_MACHINE = {"x86_64": 62, "aarch64": 183}

WAIT_FOR_EVER = {
    "x86_64": bytes.fromhex(
        "b822000000"  # mov eax, 34        pause()
        "0f05"  # syscall
        "ebf7"  # jmp to the start
    ),
    "aarch64": bytes.fromhex(
        "000080d2"  # mov x0, #0         ppoll(NULL, 0, NULL, NULL, 0)
        "010080d2"  # mov x1, #0
        "020080d2"  # mov x2, #0
        "030080d2"  # mov x3, #0
        "040080d2"  # mov x4, #0
        "280980d2"  # mov x8, #73
        "010000d4"  # svc #0
        "f9ffff17"  # b to the start
    ),
}
"""Code that sleeps until a signal kills it; it wakes for nothing else."""


def image(code: bytes, machine: str) -> bytes:
    """A static ELF executable that starts at the first byte of ``code``."""
    size = _HEADERS + len(code)
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack(
        "<HHIQQQIHHHHHH",
        2,  # ET_EXEC
        _MACHINE[machine],
        1,
        _BASE + _HEADERS,  # e_entry
        64,  # e_phoff
        0,
        0,
        64,
        56,
        1,
        0,
        0,
        0,
    )
    header += struct.pack("<IIQQQQQQ", 1, 5, 0, _BASE, _BASE, size, size, 0x1000)
    return header + code


def become(code_by_machine: dict[str, bytes], name: str) -> None:
    """Replace this process by a tiny program; returns only where that is refused.

    Args:
        code_by_machine: Code for each machine as ``platform.machine()`` names it.
        name: ``argv[0]`` of the new program.
    """
    machine = platform.machine()
    code = code_by_machine.get(machine)
    if code is None:
        return
    try:
        descriptor = os.memfd_create(name, os.MFD_CLOEXEC)
        os.write(descriptor, image(code, machine))
        os.execve(descriptor, [name], {})
    except OSError:
        return
