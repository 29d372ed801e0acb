"""Become a program under a seccomp filter that refuses some system calls.

As containers do whose filter leaves ``ptrace`` out, or is older than ``pidfd_open``:
they fail with EPERM in the program and in all that it starts. Run as a script, with the
calls' names joined by commas, the program and its arguments. Numbers are from
``<linux/seccomp.h>``, ``<linux/bpf_common.h>`` and the system call tables.
"""

import ctypes
import errno
import os
import struct
import sys

_NUMBERS = {
    "x86_64": {
        "poll": 7,
        "ioctl": 16,
        "wait4": 61,
        "waitid": 247,
        "ptrace": 101,
        "process_vm_readv": 310,
        "prctl": 157,
        "signalfd4": 289,
        "pidfd_send_signal": 424,
        "pidfd_open": 434,
    },
    "aarch64": {
        "poll": 73,  # ppoll: there is no other
        "ioctl": 29,
        "wait4": 260,
        "waitid": 95,
        "ptrace": 117,
        "process_vm_readv": 270,
        "prctl": 167,
        "signalfd4": 74,
        "pidfd_send_signal": 424,
        "pidfd_open": 434,
    },
}
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


def refuse(names: list[str]) -> None:
    """Put this process under the filter, for good."""
    numbers = _NUMBERS[os.uname().machine]
    code = program(tuple(numbers[name] for name in names))
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
    refuse(sys.argv[1].split(","))
    os.execvp(sys.argv[2], sys.argv[2:])
