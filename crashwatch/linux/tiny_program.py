"""The smallest programs there can be: one page of machine code in a memfd.

A CPython process costs megabytes; a process that only has to exist costs a page. The
image is an ELF header, one program header that loads the whole file read-and-execute,
and the code right behind it.
"""

from __future__ import annotations

import errno
import os

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the start of every terminal 5 ms
    from typing import NoReturn

_BASE = 0x400000
_HEADERS = 64 + 56

_MFD_EXEC = 0x10

_MACHINE = {"x86_64": 62, "aarch64": 183}

LOG_SIGNALS = {
    "x86_64": bytes.fromhex(
        "4881ec80000000"  # sub rsp, 128
        "488d3d29000000"  # loop: lea rdi, [rip + 41]   the mask
        "4889e6"  # mov rsi, rsp
        "31d2"  # xor edx, edx
        "41ba08000000"  # mov r10d, 8
        "b880000000"  # mov eax, 128       rt_sigtimedwait(mask, info, NULL, 8)
        "0f05"  # syscall
        "85c0"  # test eax, eax
        "78e3"  # js loop
        "31ff"  # xor edi, edi
        "4889e6"  # mov rsi, rsp
        "ba18000000"  # mov edx, 24
        "b801000000"  # mov eax, 1         write(0, info, 24)
        "0f05"  # syscall
        "ebd0"  # jmp loop
        "ffffffffffffffff"  # the mask: every signal
    ),
    "aarch64": bytes.fromhex(
        "ff0302d1"  # sub sp, sp, #128
        "a0010010"  # loop: adr x0, mask
        "e1030091"  # mov x1, sp
        "020080d2"  # mov x2, #0
        "030180d2"  # mov x3, #8
        "281180d2"  # mov x8, #137         rt_sigtimedwait(mask, info, NULL, 8)
        "010000d4"  # svc #0
        "40ffff37"  # tbnz w0, #31, loop
        "000080d2"  # mov x0, #0
        "e1030091"  # mov x1, sp
        "020380d2"  # mov x2, #24
        "080880d2"  # mov x8, #64          write(0, info, 24)
        "010000d4"  # svc #0
        "f4ffff17"  # b loop
        "ffffffffffffffff"  # the mask: every signal
    ),
}
"""Code that takes each signal (all must be blocked) and writes it to descriptor 0: the
first 24 bytes of ``siginfo_t``, ``i32 signo, errno, code, padding, pid; u32 uid``.

It sleeps between two signals and ends only by SIGKILL.
"""


def image(code: bytes, machine: str) -> bytes:
    """A static ELF executable that starts at the first byte of ``code``."""
    size = _HEADERS + len(code)
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += _numbers(2, 2, _MACHINE[machine])  # ET_EXEC
    header += _numbers(4, 1)
    header += _numbers(8, _BASE + _HEADERS, 64, 0)  # e_entry, e_phoff
    header += _numbers(4, 0) + _numbers(2, 64, 56, 1, 0, 0, 0)
    header += _numbers(4, 1, 5)  # PT_LOAD, read and execute
    header += _numbers(8, 0, _BASE, _BASE, size, size, 0x1000)
    return header + code


def _numbers(size: int, *values: int) -> bytes:
    """Little-endian; struct would cost the start of every terminal a millisecond."""
    return b"".join(value.to_bytes(size, "little") for value in values)


def become(code_by_machine: dict[str, bytes], name: str) -> None:
    """Replace this process by a tiny program; returns only where that is refused.

    Args:
        code_by_machine: Code for each machine as ``platform.machine()`` names it.
        name: ``argv[0]`` of the new program, and the name of its file.
    """
    machine = os.uname().machine
    code = code_by_machine.get(machine)
    if code is None:
        return
    try:
        execute(image(code, machine), name, [name.encode()])
    except OSError:
        return


def execute(program: bytes, name: str, arguments: list[bytes]) -> NoReturn:
    """Replace this process by a program that is on no disk, with no environment.

    Raises:
        OSError: Such files may not be made or executed here (``vm.memfd_noexec``, a
            security module); this process is unchanged.
    """
    try:
        descriptor = os.memfd_create(name, os.MFD_CLOEXEC | _MFD_EXEC)
    except OSError as error:
        if error.errno != errno.EINVAL:  # EINVAL: Linux before 6.3
            raise
        descriptor = os.memfd_create(name, os.MFD_CLOEXEC)
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(program)
        os.execve(descriptor, arguments, {})
    finally:
        os.close(descriptor)
