"""A process that sends away who waits at the door for a supervisor that is stopped.

A child that stands before the door has its hold already: crashing, it would wait for
us in each of its writes. Once it is let in, it has a guard of its own (``hold_guard``).
Until then this page of machine code sees to it: whoever waits three seconds after
somebody did is let in and turned away at once, which closes our end of the hold, and
the child dies its own death. A supervisor that runs answers within milliseconds.
"""

from __future__ import annotations

from typing import Final

from crashwatch.supervisor.hold_guard import SECONDS
from crashwatch.supervisor.page_process import PageProcess

GUARD_DOOR: Final = {
    "x86_64": bytes.fromhex(
        "4883ec10"  # sub rsp, 16
        "48c7042400000000"  # mov qword [rsp], 0      struct pollfd: descriptor 0
        "66c74424040100"  # mov word [rsp+4], 1      events: POLLIN
        "4889e7"  # loop: mov rdi, rsp
        "be01000000"  # mov esi, 1
        "baffffffff"  # mov edx, -1
        "b807000000"  # mov eax, 7            poll(&it, 1, -1)
        "0f05"  # syscall
        "31ff"  # xor edi, edi
        "31f6"  # xor esi, esi
        "bab80b0000"  # mov edx, 3000
        "b807000000"  # mov eax, 7            poll(NULL, 0, 3000)
        "0f05"  # syscall
        "4889e7"  # again: mov rdi, rsp
        "be01000000"  # mov esi, 1
        "31d2"  # xor edx, edx
        "b807000000"  # mov eax, 7            poll(&it, 1, 0)
        "0f05"  # syscall
        "85c0"  # test eax, eax
        "7ec7"  # jle loop
        "31ff"  # xor edi, edi
        "31f6"  # xor esi, esi
        "31d2"  # xor edx, edx
        "b82b000000"  # mov eax, 43           accept(0, NULL, NULL)
        "0f05"  # syscall
        "85c0"  # test eax, eax
        "78b6"  # js loop
        "89c7"  # mov edi, eax
        "b803000000"  # mov eax, 3            close(it)
        "0f05"  # syscall
        "ebcf"  # jmp again
    ),
    "aarch64": bytes.fromhex(
        "ff8300d1"  # sub sp, sp, #32
        "290080d2"  # mov x9, #1
        "297d60d3"  # lsl x9, x9, #32          events: POLLIN
        "e90300f9"  # str x9, [sp]             struct pollfd: descriptor 0
        "ff7f01a9"  # stp xzr, xzr, [sp, #16]  struct timespec: none
        "e0030091"  # loop: mov x0, sp
        "210080d2"  # mov x1, #1
        "020080d2"  # mov x2, #0
        "030080d2"  # mov x3, #0
        "280980d2"  # mov x8, #73              ppoll(&it, 1, NULL, NULL)
        "010000d4"  # svc #0
        "c0020010"  # adr x0, three
        "010080d2"  # mov x1, #0
        "a80c80d2"  # mov x8, #101             nanosleep(3 s, NULL)
        "010000d4"  # svc #0
        "e0030091"  # again: mov x0, sp
        "210080d2"  # mov x1, #1
        "e2430091"  # add x2, sp, #16
        "030080d2"  # mov x3, #0
        "280980d2"  # mov x8, #73              ppoll(&it, 1, 0 s, NULL)
        "010000d4"  # svc #0
        "1f000071"  # cmp w0, #0
        "edfdff54"  # b.le loop
        "000080d2"  # mov x0, #0
        "010080d2"  # mov x1, #0
        "020080d2"  # mov x2, #0
        "481980d2"  # mov x8, #202             accept(0, NULL, NULL)
        "010000d4"  # svc #0
        "1f000071"  # cmp w0, #0
        "0bfdff54"  # b.lt loop
        "280780d2"  # mov x8, #57              close(it)
        "010000d4"  # svc #0
        "efffff17"  # b again
        "03000000000000000000000000000000"  # three: struct timespec
    ),
}
"""Descriptor 0 is the door, which does not block; no other is open."""


def _guard() -> None:
    """What the tiny program does, in Python, for where it may not run."""
    import select  # noqa: PLC0415 -- only where it may not run
    import socket  # noqa: PLC0415

    door = socket.socket(fileno=0)
    poll = select.poll()
    poll.register(door, select.POLLIN)
    while True:
        poll.poll()
        select.select([], [], [], SECONDS)
        while poll.poll(0):
            try:
                door.accept()[0].close()
            except OSError:
                break


def door_guard() -> PageProcess:
    """The guard of a door; ``start`` it with the listening socket."""
    return PageProcess(GUARD_DOOR, "crashwatch-guard", _guard)
