"""A process that ends the hold when nobody reads: the supervisor itself may be stopped.

The hold ends when we read. A dead supervisor's socket closes, and the terminal's write
fails at once; but one that is stopped (SIGSTOP, a debugger) holds the terminal for as
long as it stands. A send time-out is no remedy: it counts for each of faulthandler's
many writes, so that a short one loses pieces of a traceback on a busy machine (20 ms:
one run in forty) and makes 20 seconds of a deep stack all the same.

So a page of machine code has our end of the socket too. It wakes when there is text,
gives us three seconds, and if there still is text then, shuts the receiving side down
and continues the terminal, which may be stopped: every write of the terminal fails from
then on, and it dies its own death. A supervisor that runs has read the text within
milliseconds, before it looks at anything else.

One that sleeps has an interpreter to start first, from a cold disk perhaps. So whoever
wakes it asks for more by a signal that nothing else sends: the guard then waits twenty
seconds from there.

Each line of a listing: the bytes, what ``objdump`` calls them, what it is for.
Descriptor 0 is our end of the hold socket, 1 the terminal's pidfd; no other is open,
and every signal is blocked.
"""

from __future__ import annotations

from crashwatch.supervisor.page_process import PageProcess

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the start of every terminal 5 ms
    from typing import Final

SECONDS: Final = 3
MORE_SECONDS: Final = 20
MORE_TIME: Final = 16
"""SIGSTKFLT, which no kernel sends."""

X86_64: Final = (
    ("4883ec10", "sub rsp,0x10", "room for"),
    ("48c7042400000000", "mov QWORD PTR [rsp],0x0", "struct pollfd: descriptor 0"),
    ("66c74424040100", "mov WORD PTR [rsp+0x4],0x1", "events: POLLIN"),
    ("4889e7", "mov rdi,rsp", "loop: poll(&it, 1, -1)"),
    ("be01000000", "mov esi,0x1", ""),
    ("baffffffff", "mov edx,0xffffffff", ""),
    ("b807000000", "mov eax,0x7", ""),
    ("0f05", "syscall", ""),
    ("488d1567000000", "lea rdx,[rip+0x67]", "three seconds"),
    ("488d3d80000000", "lea rdi,[rip+0x80]", "wait: for a signal, or their end"),
    ("31f6", "xor esi,esi", ""),
    ("41ba08000000", "mov r10d,0x8", ""),
    ("b880000000", "mov eax,0x80", "rt_sigtimedwait(&mask, NULL, rdx, 8)"),
    ("0f05", "syscall", ""),
    ("83f8f5", "cmp eax,0xfffffff5", "EAGAIN: they have passed?"),
    ("740d", "je 0x56", "then to check"),
    ("85c0", "test eax,eax", "EINTR: stopped and continued?"),
    ("78e1", "js 0x2e", "then to wait again"),
    ("488d1551000000", "lea rdx,[rip+0x51]", "asked for more: twenty seconds"),
    ("ebd8", "jmp 0x2e", "to wait"),
    ("4889e7", "mov rdi,rsp", "check: poll(&it, 1, 0)"),
    ("be01000000", "mov esi,0x1", ""),
    ("31d2", "xor edx,edx", ""),
    ("b807000000", "mov eax,0x7", ""),
    ("0f05", "syscall", ""),
    ("85c0", "test eax,eax", "is there text still?"),
    ("7ea8", "jle 0x13", "if not, to loop"),
    ("31ff", "xor edi,edi", "shutdown(0, SHUT_RD)"),
    ("31f6", "xor esi,esi", ""),
    ("b830000000", "mov eax,0x30", ""),
    ("0f05", "syscall", ""),
    ("bf01000000", "mov edi,0x1", "pidfd_send_signal(1, SIGCONT, NULL, 0)"),
    ("be12000000", "mov esi,0x12", ""),
    ("31d2", "xor edx,edx", ""),
    ("4531d2", "xor r10d,r10d", ""),
    ("b8a8010000", "mov eax,0x1a8", ""),
    ("0f05", "syscall", ""),
    ("31ff", "xor edi,edi", "exit_group(0)"),
    ("b83c000000", "mov eax,0x3c", ""),
    ("0f05", "syscall", ""),
)

AARCH64: Final = (
    ("ff8300d1", "sub sp, sp, #0x20", "room for"),
    ("ff7f01a9", "stp xzr, xzr, [sp, #16]", "none: struct timespec"),
    ("290080d2", "mov x9, #0x1", ""),
    ("297d60d3", "lsl x9, x9, #32", ""),
    ("e90300f9", "str x9, [sp]", "struct pollfd: descriptor 0, events: POLLIN"),
    ("e0030091", "mov x0, sp", "loop: ppoll(&it, 1, NULL, NULL)"),
    ("210080d2", "mov x1, #0x1", ""),
    ("020080d2", "mov x2, #0x0", ""),
    ("030080d2", "mov x3, #0x0", ""),
    ("280980d2", "mov x8, #0x49", ""),
    ("010000d4", "svc #0x0", ""),
    ("02040010", "adr x2, 0xac", "three seconds"),
    ("e0040010", "adr x0, 0xcc", "wait: for a signal, or their end"),
    ("010080d2", "mov x1, #0x0", ""),
    ("030180d2", "mov x3, #0x8", ""),
    ("281180d2", "mov x8, #0x89", "rt_sigtimedwait(&mask, NULL, x2, 8)"),
    ("010000d4", "svc #0x0", ""),
    ("1f2c0031", "cmn w0, #0xb", "EAGAIN: they have passed?"),
    ("80000054", "b.eq 0x58", "then to check"),
    ("20ffff37", "tbnz w0, #31, 0x30", "EINTR: stopped and continued: to wait again"),
    ("62030010", "adr x2, 0xbc", "asked for more: twenty seconds"),
    ("f7ffff17", "b 0x30", "to wait"),
    ("e0030091", "mov x0, sp", "check: ppoll(&it, 1, &none, NULL)"),
    ("210080d2", "mov x1, #0x1", ""),
    ("e2430091", "add x2, sp, #0x10", ""),
    ("030080d2", "mov x3, #0x0", ""),
    ("280980d2", "mov x8, #0x49", ""),
    ("010000d4", "svc #0x0", ""),
    ("1f000071", "cmp w0, #0x0", "is there text still?"),
    ("0dfdff54", "b.le 0x14", "if not, to loop"),
    ("000080d2", "mov x0, #0x0", "shutdown(0, SHUT_RD)"),
    ("010080d2", "mov x1, #0x0", ""),
    ("481a80d2", "mov x8, #0xd2", ""),
    ("010000d4", "svc #0x0", ""),
    ("200080d2", "mov x0, #0x1", "pidfd_send_signal(1, SIGCONT, NULL, 0)"),
    ("410280d2", "mov x1, #0x12", ""),
    ("020080d2", "mov x2, #0x0", ""),
    ("030080d2", "mov x3, #0x0", ""),
    ("083580d2", "mov x8, #0x1a8", ""),
    ("010000d4", "svc #0x0", ""),
    ("000080d2", "mov x0, #0x0", "exit(0)"),
    ("a80b80d2", "mov x8, #0x5d", ""),
    ("010000d4", "svc #0x0", ""),
)

LISTINGS: Final = {"x86_64": X86_64, "aarch64": AARCH64}


def _words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(8, "little") for number in numbers)


DATA: Final = _words(SECONDS, 0, MORE_SECONDS, 0, 1 << MORE_TIME - 1)
"""What stands behind the code: two ``struct timespec``, and the signal to wait for."""

GUARD_HOLD: Final = {
    machine: b"".join(bytes.fromhex(code) for code, _, _ in lines) + DATA
    for machine, lines in LISTINGS.items()
}


def _guard() -> None:
    """What the tiny program does, in Python, for where it may not run."""
    import select  # noqa: PLC0415 -- only where it may not run
    import signal  # noqa: PLC0415
    import socket  # noqa: PLC0415

    poll = select.poll()
    poll.register(0, select.POLLIN)
    while True:
        poll.poll()
        seconds = SECONDS
        while signal.sigtimedwait({MORE_TIME}, seconds) is not None:
            seconds = MORE_SECONDS
        if poll.poll(0):
            socket.socket(fileno=0).shutdown(socket.SHUT_RD)
            signal.pidfd_send_signal(1, signal.SIGCONT)
            return


def hold_guard() -> PageProcess:
    """The guard of one hold: ``start`` it with our end and the terminal's pidfd."""
    return PageProcess(GUARD_HOLD, "crashwatch-guard", _guard)
