"""``siginfo_t``: what signal, why, at which address. Pure."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

ILL, TRAP, ABRT, BUS, FPE, SEGV, SYS = 4, 5, 6, 7, 8, 11, 31
"""Signal numbers that AMD64 and ARM64 have in common."""

FATAL_SIGNALS: Final = frozenset({ILL, TRAP, ABRT, BUS, FPE, SEGV, SYS})

_LIMITS: Final = frozenset({24, 25})
"""XCPU and XFSZ: the process took more than it was allowed."""

_SI_KERNEL: Final = 0x80

_WITH_ADDRESS: Final = FATAL_SIGNALS - {ABRT}
"""Signals whose union begins with ``si_addr`` (SYS: ``si_call_addr``)."""

_SIGINFO_HEAD: Final = struct.Struct("<iiiiQ")
"""si_signo, si_errno, si_code, padding, si_addr, from ``<asm-generic/siginfo.h>``."""


@dataclass(frozen=True, slots=True)
class SignalInformation:
    """Attributes as in sigaction(2).

    Attributes:
        number: Signal number; 0 when it is not known.
        code: ``si_code``.
        address: ``si_addr``; 0 when ``code`` ≤ 0, since a signal that somebody sent
            holds the sender's pid there.
    """

    number: int
    code: int
    address: int


def parse_signal_information(data: bytes) -> SignalInformation | None:
    """Parse the first 24 bytes of a ``siginfo_t``; None when they cannot be one."""
    if len(data) < _SIGINFO_HEAD.size:
        return None
    number, error, code, _, address = _SIGINFO_HEAD.unpack_from(data)
    if not 1 <= number <= 64 or error:
        return None
    has_address = code > 0 and number in _WITH_ADDRESS
    return SignalInformation(number, code, address if has_address else 0)


def is_fatal_delivery(information: SignalInformation) -> bool:
    """Whether a thread is stopped at the delivery of a fatal signal.

    Otherwise the stop is ptrace's own: our interrupt, or a group-stop. Those have
    the event (``PTRACE_EVENT_STOP`` …) in the second byte of ``si_code``.
    """
    is_event = information.code >> 8 > 0
    return information.number in FATAL_SIGNALS | _LIMITS and not is_event


def made_by_kernel(number: int) -> bytes:
    """The head of a ``siginfo_t`` for a death of which only the number is known."""
    return _SIGINFO_HEAD.pack(number, 0, _SI_KERNEL, 0, 0)
