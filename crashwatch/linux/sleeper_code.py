"""The sleeper's machine code, line by line: what the launcher is while nothing happens.

Which system calls there are and with which arguments stands in a table that Python
writes into the program's data (``crashwatch.linux.sleeper_image``): one row for each
call, the number and five arguments. The code decides which row is performed next;
``perform`` performs the row it is told and moves on to the row below.

It sleeps in ``poll``. When the time-out runs out it reads the terminal's heartbeats and
sleeps on if there were any since the last time. When the hold has text it stops the
terminal, and asks the guard for the time that an interpreter may take to start. Then it
becomes Python, which does whatever there is to do.
Should that fail, the hold is ended, the terminal continued, and once it has ended this
program ends like it: with its exit status, or by its signal, without a core.

Each line: the bytes, what ``objdump`` calls them, what it is for. x86-64 addresses its
data by number (``BASE`` is 0x401000); offsets are those of ``sleeper_image``.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the start of every terminal 5 ms
    from typing import Final

X86_64: Final = (
    ("bb00104000", "mov ebx,0x401000", "the words below (BASE)"),
    ("bde0104000", "mov ebp,0x4010e0", "sleep: row POLL"),
    ("e884000000", "call 0x93", "poll(four, 4, time-out)"),
    ("85c0", "test eax,eax", "something is ready, or poll failed?"),
    ("7519", "jne 0x2c", "then to ready"),
    ("e87b000000", "call 0x93", "row PREAD: pread(page, &COUNT, 8, HEARTBEATS)"),
    ("488b0b", "mov rcx,QWORD PTR [rbx]", "how many there were"),
    ("483b4b10", "cmp rcx,QWORD PTR [rbx+0x10]", "is it the standstill that was told?"),
    ("74e4", "je 0x5", "then to sleep"),
    (
        "48874b08",
        "xchg QWORD PTR [rbx+0x8],rcx",
        "LAST is now COUNT, and rcx what LAST was",
    ),
    ("483b0b", "cmp rcx,QWORD PTR [rbx]", "has it moved since the last time?"),
    ("75db", "jne 0x5", "then to sleep"),
    ("eb15", "jmp 0x41", "it stands still: to wake"),
    (
        "807b1e01",
        "cmp BYTE PTR [rbx+0x1e],0x1",
        "ready: the hold has text, and its writer lives?",
    ),
    ("750f", "jne 0x41", "if not, to wake"),
    ("bd40114000", "mov ebp,0x401140", "row STOP"),
    ("e857000000", "call 0x93", "pidfd_send_signal(terminal, SIGSTOP, NULL, 0)"),
    ("e852000000", "call 0x93", "row MORE_TIME: kill(guard, SIGSTKFLT)"),
    ("bda0114000", "mov ebp,0x4011a0", "wake: row WAKE"),
    ("e848000000", "call 0x93", "execve(path, argv, envp) returns only when it failed"),
    ("807b1e01", "cmp BYTE PTR [rbx+0x1e],0x1", "did we stop the terminal?"),
    ("750a", "jne 0x5b", "if not, to mirror"),
    (
        "e83d000000",
        "call 0x93",
        "row END_HOLD: shutdown(hold, SHUT_RD): nobody will read",
    ),
    (
        "e838000000",
        "call 0x93",
        "row CONTINUE: pidfd_send_signal(terminal, SIGCONT, NULL, 0)",
    ),
    ("bd30124000", "mov ebp,0x401230", "mirror: row WAIT"),
    ("e82e000000", "call 0x93", "waitid(P_PIDFD, terminal, &INFO, WEXITED, NULL)"),
    (
        "8b4378",
        "mov eax,DWORD PTR [rbx+0x78]",
        "si_status: the exit status, or the signal",
    ),
    ("837b6801", "cmp DWORD PTR [rbx+0x68],0x1", "si_code: CLD_EXITED?"),
    ("7418", "je 0x86", "then to leave"),
    ("894540", "mov DWORD PTR [rbp+0x40],eax", "row KILL's signal"),
    ("e81d000000", "call 0x93", "row UNDUMPABLE: prctl(PR_SET_DUMPABLE, 0): no core"),
    ("e818000000", "call 0x93", "row KILL: kill(ourselves, signal), which waits"),
    (
        "e813000000",
        "call 0x93",
        "row UNBLOCK: rt_sigprocmask(SIG_SETMASK, &NONE): dies",
    ),
    ("8b4378", "mov eax,DWORD PTR [rbx+0x78]", "still here, as PID 1 is"),
    ("83e880", "sub eax,0xffffff80", "128 + signal"),
    ("bdf0124000", "mov ebp,0x4012f0", "leave: row EXIT"),
    ("894508", "mov DWORD PTR [rbp+0x8],eax", "its status"),
    ("e800000000", "call 0x93", "exit_group(status)"),
    ("8b4500", "mov eax,DWORD PTR [rbp+0x0]", "perform: the call's number"),
    ("488b7d08", "mov rdi,QWORD PTR [rbp+0x8]", "and its arguments"),
    ("488b7510", "mov rsi,QWORD PTR [rbp+0x10]", ""),
    ("488b5518", "mov rdx,QWORD PTR [rbp+0x18]", ""),
    ("4c8b5520", "mov r10,QWORD PTR [rbp+0x20]", ""),
    ("4c8b4528", "mov r8,QWORD PTR [rbp+0x28]", ""),
    ("4883c530", "add rbp,0x30", "the next row"),
    ("0f05", "syscall", ""),
    ("c3", "ret", ""),
)

AARCH64: Final = (
    ("1308a0d2", "mov x19, #0x400000", "the words below (BASE)"),
    ("130082f2", "movk x19, #0x1000", ""),
    ("620e44a9", "ldp x2, x3, [x19, #64]", "sleep: PERIOD"),
    (
        "620e05a9",
        "stp x2, x3, [x19, #80]",
        "to TIMEOUT: the kernel writes there what is left",
    ),
    ("74820391", "add x20, x19, #0xe0", "row POLL"),
    ("27000094", "bl 0xb0", "ppoll(four, 4, TIMEOUT, NULL)"),
    ("40010035", "cbnz w0, 0x40", "something is ready, or ppoll failed: to ready"),
    ("25000094", "bl 0xb0", "row PREAD: pread(page, &COUNT, 8, HEARTBEATS)"),
    ("610240f9", "ldr x1, [x19]", "how many there were"),
    ("628e40a9", "ldp x2, x3, [x19, #8]", "LAST and TOLD"),
    ("3f0003eb", "cmp x1, x3", "is it the standstill that was told?"),
    ("e0feff54", "b.eq 0x8", "then to sleep"),
    ("610600f9", "str x1, [x19, #8]", "LAST is now COUNT"),
    ("3f0002eb", "cmp x1, x2", "has it moved since the last time?"),
    ("81feff54", "b.ne 0x8", "then to sleep"),
    ("07000014", "b 0x58", "it stands still: to wake"),
    ("607a4039", "ldrb w0, [x19, #30]", "ready: what is ready on the hold"),
    ("1f040071", "cmp w0, #0x1", "text, and its writer lives?"),
    ("81000054", "b.ne 0x58", "if not, to wake"),
    ("74020591", "add x20, x19, #0x140", "row STOP"),
    ("18000094", "bl 0xb0", "pidfd_send_signal(terminal, SIGSTOP, NULL, 0)"),
    ("17000094", "bl 0xb0", "row MORE_TIME: kill(guard, SIGSTKFLT)"),
    ("74820691", "add x20, x19, #0x1a0", "wake: row WAKE"),
    ("15000094", "bl 0xb0", "execve(path, argv, envp) returns only when it failed"),
    ("607a4039", "ldrb w0, [x19, #30]", ""),
    ("1f040071", "cmp w0, #0x1", "did we stop the terminal?"),
    ("61000054", "b.ne 0x74", "if not, to mirror"),
    ("11000094", "bl 0xb0", "row END_HOLD: shutdown(hold, SHUT_RD): nobody will read"),
    (
        "10000094",
        "bl 0xb0",
        "row CONTINUE: pidfd_send_signal(terminal, SIGCONT, NULL, 0)",
    ),
    ("74c20891", "add x20, x19, #0x230", "mirror: row WAIT"),
    ("0e000094", "bl 0xb0", "waitid(P_PIDFD, terminal, &INFO, WEXITED, NULL)"),
    ("607a40b9", "ldr w0, [x19, #120]", "si_status: the exit status, or the signal"),
    ("616a40b9", "ldr w1, [x19, #104]", "si_code"),
    ("3f040071", "cmp w1, #0x1", "CLD_EXITED?"),
    ("e0000054", "b.eq 0xa4", "then to leave"),
    ("804200b9", "str w0, [x20, #64]", "row KILL's signal"),
    ("08000094", "bl 0xb0", "row UNDUMPABLE: prctl(PR_SET_DUMPABLE, 0): no core"),
    ("07000094", "bl 0xb0", "row KILL: kill(ourselves, signal), which waits"),
    ("06000094", "bl 0xb0", "row UNBLOCK: rt_sigprocmask(SIG_SETMASK, &NONE): dies"),
    ("607a40b9", "ldr w0, [x19, #120]", "still here, as PID 1 is"),
    ("00000211", "add w0, w0, #0x80", "128 + signal"),
    ("74c20b91", "add x20, x19, #0x2f0", "leave: row EXIT"),
    ("800a00b9", "str w0, [x20, #8]", "its status"),
    ("01000094", "bl 0xb0", "exit_group(status)"),
    (
        "8802c1a8",
        "ldp x8, x0, [x20], #16",
        "perform: the call's number, and its arguments",
    ),
    ("810ac1a8", "ldp x1, x2, [x20], #16", ""),
    ("8312c1a8", "ldp x3, x4, [x20], #16", ""),
    ("010000d4", "svc #0x0", ""),
    ("c0035fd6", "ret", ""),
)

LISTINGS: Final = {"x86_64": X86_64, "aarch64": AARCH64}
"""The lines for each machine, as ``os.uname().machine`` names it."""


def code_of(machine: str) -> bytes:
    """The machine code; empty where there is none for this machine."""
    lines = LISTINGS.get(machine, ())
    return b"".join(bytes.fromhex(written) for written, _, _ in lines)
