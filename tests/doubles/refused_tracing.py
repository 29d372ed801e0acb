"""Become a program under a seccomp filter that refuses to trace and to read others.

As containers do whose filter leaves ``ptrace`` and ``process_vm_readv`` out: both fail
with EPERM in the program and in all that it starts. Run as a script, with the program
and its arguments. Numbers are from ``<linux/seccomp.h>``, ``<linux/bpf_common.h>`` and
the system call tables.
"""

import ctypes
import errno
import os
import struct
import sys

_REFUSED = {"x86_64": (101, 310), "aarch64": (117, 270)}
_LOAD_NUMBER = (0x20, 0)  # BPF_LD | BPF_W | BPF_ABS, offset of seccomp_data.nr
_IF_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2


def _instruction(code: int, value: int, if_true: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, 0, value)


def program(numbers: tuple[int, ...]) -> bytes:
    """The filter: each number is refused with EPERM, everything else allowed."""
    tests = [
        _instruction(_IF_EQUAL, number, len(numbers) - place)
        for place, number in enumerate(numbers)
    ]
    ends = [_RETURN, _ALLOW], [_RETURN, _ERRNO | errno.EPERM]
    return b"".join(
        (_instruction(*_LOAD_NUMBER), *tests, *(_instruction(*end) for end in ends))
    )


def refuse() -> None:
    """Put this process under the filter, for good."""
    code = program(_REFUSED[os.uname().machine])
    memory = ctypes.create_string_buffer(code)
    described = struct.pack("H6xP", len(code) // 8, ctypes.addressof(memory))
    libc = ctypes.CDLL(None, use_errno=True)
    for request, *more in (
        (_PR_SET_NO_NEW_PRIVS, 1, 0),
        (_PR_SET_SECCOMP, _FILTER, ctypes.c_char_p(described)),
    ):
        if libc.prctl(request, *more, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    refuse()
    os.execvp(sys.argv[1], sys.argv[1:])
