"""A process that ends the hold when nobody reads: the supervisor itself may be stopped.

The hold ends when we read. A dead supervisor's socket closes, and the terminal's write
fails at once; but one that is stopped (SIGSTOP, a debugger) holds the terminal for as
long as it stands. A send time-out is no remedy: it counts for each of faulthandler's
many writes, so that a short one loses pieces of a traceback on a busy machine (20 ms:
one run in forty) and makes 20 seconds of a deep stack all the same.

So a page of machine code has our end of the socket too. It wakes when there is text,
gives us three seconds, and if there still is text then, shuts the receiving side down:
every write of the terminal fails from then on, and it dies its own death. A supervisor
that runs has read the text within milliseconds, before it looks at anything else.
"""

from __future__ import annotations

from crashwatch.supervisor.page_process import PageProcess

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the start of every terminal 5 ms
    from typing import Final

SECONDS: Final = 3

GUARD_HOLD: Final = {
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
        "4889e7"  # mov rdi, rsp
        "be01000000"  # mov esi, 1
        "31d2"  # xor edx, edx
        "b807000000"  # mov eax, 7            poll(&it, 1, 0)
        "0f05"  # syscall
        "85c0"  # test eax, eax
        "7ec7"  # jle loop
        "31ff"  # xor edi, edi
        "31f6"  # xor esi, esi
        "b830000000"  # mov eax, 48           shutdown(0, SHUT_RD)
        "0f05"  # syscall
        "31ff"  # xor edi, edi
        "b83c000000"  # mov eax, 60           exit(0)
        "0f05"  # syscall
    ),
    "aarch64": bytes.fromhex(
        "ff4300d1"  # sub sp, sp, #16
        "290080d2"  # mov x9, #1
        "297d60d3"  # lsl x9, x9, #32          events: POLLIN
        "e90300f9"  # str x9, [sp]             struct pollfd: descriptor 0
        "e0030091"  # loop: mov x0, sp
        "210080d2"  # mov x1, #1
        "020080d2"  # mov x2, #0
        "030080d2"  # mov x3, #0
        "280980d2"  # mov x8, #73              ppoll(&it, 1, NULL, NULL)
        "010000d4"  # svc #0
        "60020010"  # adr x0, three
        "010080d2"  # mov x1, #0
        "a80c80d2"  # mov x8, #101             nanosleep(3 s, NULL)
        "010000d4"  # svc #0
        "e0030091"  # mov x0, sp
        "210080d2"  # mov x1, #1
        "22020010"  # adr x2, none
        "030080d2"  # mov x3, #0
        "280980d2"  # mov x8, #73              ppoll(&it, 1, 0 s, NULL)
        "010000d4"  # svc #0
        "1f000071"  # cmp w0, #0
        "edfdff54"  # b.le loop
        "000080d2"  # mov x0, #0
        "010080d2"  # mov x1, #0
        "481a80d2"  # mov x8, #210             shutdown(0, SHUT_RD)
        "010000d4"  # svc #0
        "000080d2"  # mov x0, #0
        "a80b80d2"  # mov x8, #93              exit(0)
        "010000d4"  # svc #0
        "03000000000000000000000000000000"  # three: struct timespec
        "00000000000000000000000000000000"  # none: struct timespec
    ),
}
"""Descriptor 0 is our end of the hold socket; no other is open."""


def _guard() -> None:
    """What the tiny program does, in Python, for where it may not run."""
    import select  # noqa: PLC0415 -- only where it may not run
    import socket  # noqa: PLC0415

    poll = select.poll()
    poll.register(0, select.POLLIN)
    while True:
        poll.poll()
        select.select([], [], [], SECONDS)
        if poll.poll(0):
            socket.socket(fileno=0).shutdown(socket.SHUT_RD)
            return


def hold_guard() -> PageProcess:
    """The guard of one hold socket; ``start`` it with our end."""
    return PageProcess(GUARD_HOLD, "crashwatch-guard", _guard)
