"""Is a later signal the same fault once more? Told from the kernel's bytes."""

import struct

import pytest

from crashwatch.linux.first_chance import Disposition, SignalStop, StopRequests
from crashwatch.linux.ptrace import NT_PRFPREG, NT_PRSTATUS
from reports.snapshot import Architecture

PID = 4711
STACK = 0x7FFF_0000
AT = 0x55AA_1234
SEGV, ABRT = 11, 6
MAPERR, SI_USER, SI_TKILL, SI_KERNEL = 1, 0, -6, 0x80
RIP, RSP = 16, 19
"""Indexes in ``struct user_regs_struct``."""


def stop(
    number: int = SEGV,
    code: int = MAPERR,
    sender: int = 0,
    at: int = AT,
    stack: int = STACK,
    tid: int = PID,
) -> SignalStop:
    words = [0] * 27
    words[RIP], words[RSP] = at, stack
    siginfo = struct.pack("<iiiii", number, 0, code, 0, sender).ljust(128, b"\0")
    return SignalStop(tid, siginfo, struct.pack("<27Q", *words), bytes(512))


def is_repeated(later: SignalStop, memory: bytes | OSError = b"") -> bool:
    def read(address: int, _size: int) -> bytes:
        assert address == struct.unpack_from("<Q", later.general, 8 * RSP)[0]
        if isinstance(memory, OSError):
            raise memory
        return memory

    return stop().is_repeated_by(later, PID, Architecture.AMD64, read)


IN_HANDLER = {"at": 0x77_0000, "stack": STACK - 0x800}
FRAME = bytes(160) + struct.pack("<QQ", STACK, AT) + bytes(40)


@pytest.mark.parametrize(
    ("later", "memory", "expected"),
    [
        # Met again at the same place, after the handler gave the default back.
        (stop(code=SI_KERNEL), b"", True),
        (stop(code=SI_TKILL, sender=PID), b"", True),
        # Raised inside the handler, whose frame holds the fault.
        (stop(code=SI_TKILL, sender=PID, **IN_HANDLER), FRAME, True),
        (stop(code=SI_TKILL, sender=PID, **IN_HANDLER), bytes(256), False),
        (stop(code=SI_TKILL, sender=PID, **IN_HANDLER), OSError(5, "EIO"), False),
        # A true fault says more itself; somebody else's signal is another story.
        (stop(code=MAPERR), FRAME, False),
        (stop(code=SI_USER, sender=99), FRAME, False),
        (stop(number=ABRT, code=SI_TKILL, sender=PID, **IN_HANDLER), FRAME, False),
    ],
)
def test_a_repeated_fault(
    later: SignalStop, memory: bytes | OSError, expected: bool
) -> None:
    assert is_repeated(later, memory) is expected


def test_what_was_kept_answers_for_its_thread_alone() -> None:
    class Kernel:
        def getregset(self, tid: int, note: int, size: int) -> bytes:
            return b"%d %d %d" % (tid, note, size)

        def getsiginfo(self, tid: int) -> bytes:
            return b"%d" % tid

    kept = stop(tid=5)
    requests = StopRequests(kept, Kernel())
    assert requests.getregset(5, NT_PRSTATUS, 216) == kept.general
    assert requests.getregset(5, NT_PRFPREG, 512) == kept.floating
    assert requests.getsiginfo(5) == kept.siginfo
    assert requests.getregset(6, NT_PRSTATUS, 216) == b"6 1 216"
    assert requests.getsiginfo(6) == b"6"


def test_the_disposition_of_each_signal() -> None:
    text = b"Name:\tx\nSigIgn:\t0000000000000001\nSigCgt:\t0000000000000400\n"
    found = Disposition.parse(text)
    assert [n for n in range(1, 65) if found.catches(n)] == [SEGV]
    assert [n for n in range(1, 65) if found.ignores(n)] == [1]
    assert not Disposition.parse(b"Name:\tx\n").catches(SEGV)
