"""Stacks with a signal frame on them, packed by hand from the kernel's headers.

Offsets are written out here once more on purpose: nothing is shared with the code
under test.
"""

import struct

RESTORER_AT = 0x7F11_2233_4000
"""The made-up address of the restorer."""


def amd64_frame(
    address: int,
    registers: dict[str, int],
    *,
    trap: int = 14,
    error: int = 4,
    cr2: int = 0,
    siginfo: bytes = b"",
    fpstate: int = 0,
) -> bytes:
    """The 440 bytes of an ``rt_sigframe`` from the restorer's address on.

    Args:
        address: Where it will lie; a multiple of 16 plus 8.
        registers: By name; others are 0. ``rsp`` is 0x300 above without one.
        trap: Trap number.
        error: Its error code.
        cr2: Fault address.
        siginfo: The place of the siginfo; 0xa5 bytes without.
        fpstate: Address of the fxsave area.
    """
    frame = bytearray(b"\xa5" * 440)
    values = {"rsp": address + 0x300, **registers}
    struct.pack_into("<Q", frame, 0, RESTORER_AT)
    struct.pack_into("<QQ", frame, 8, 7, 0)
    struct.pack_into("<QQQ", frame, 24, 0, 2, 0)
    order = {
        "r8": 48, "r9": 56, "r10": 64, "r11": 72, "r12": 80, "r13": 88, "r14": 96,
        "r15": 104, "rdi": 112, "rsi": 120, "rbp": 128, "rbx": 136, "rdx": 144,
        "rax": 152, "rcx": 160, "rsp": 168, "rip": 176, "eflags": 184,
    }  # fmt: skip
    for name, offset in order.items():
        struct.pack_into("<Q", frame, offset, values.get(name, 0))
    struct.pack_into("<HHHH", frame, 192, 0x33, 0, 0, 0x2B)
    struct.pack_into("<QQQQ", frame, 200, error, trap, 0, cr2)
    struct.pack_into("<Q", frame, 232, fpstate)
    frame[312 : 312 + len(siginfo)] = siginfo
    return bytes(frame)


def arm64_stack(
    address: int,
    registers: list[int],
    *,
    fault_address: int = 0,
    syndrome: int | None = None,
    siginfo: bytes = b"",
    signature: int = 0,
) -> bytes:
    """A handler's frame record with some words around it, then an ``rt_sigframe``.

    Args:
        address: Where it begins; a multiple of 16.
        registers: x0 to x30, sp, pc, pstate.
        fault_address: Of the mcontext.
        syndrome: Content of an esr_context record; none without.
        siginfo: The place of the siginfo; 0xa5 bytes without.
        signature: Upper 16 bits of the saved return address (pointer authentication).
    """
    assert address % 16 == 0
    assert len(registers) == 34
    record = struct.pack("<QQ", address + 0x1000, signature << 48 | RESTORER_AT)
    handler = b"\x11" * 32 + record + b"\x22" * 48
    frame = bytearray(b"\xa5" * (128 + 464 + 4096))
    frame[0 : len(siginfo)] = siginfo
    context = 128
    struct.pack_into("<QQ", frame, context, 0, 0)
    struct.pack_into("<QQQ", frame, context + 16, 0, 2, 0)
    frame[context + 40 : context + 176] = bytes(136)
    struct.pack_into("<Q", frame, context + 176, fault_address)
    struct.pack_into("<34Q", frame, context + 184, *registers)
    vectors = bytes(range(256)) * 2
    struct.pack_into("<IIII", frame, context + 464, 0x46508001, 528, 0x10, 0x20)
    frame[context + 480 : context + 992] = vectors
    end = context + 464 + 528
    if syndrome is not None:
        struct.pack_into("<IIQ", frame, end, 0x45535201, 16, syndrome)
        end += 16
    struct.pack_into("<II", frame, end, 0, 0)
    return handler + bytes(frame)
