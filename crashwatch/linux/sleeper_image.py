"""The sleeper's executable: its code, the table of its system calls, and its strings.

An ELF file of two pages and more: the code (``sleeper_code``), read and executed, and
behind it the data, read and written, at ``BASE``. Words are 8 bytes, little-endian:

======= ==========================================================================
offset
======= ==========================================================================
0       COUNT: heartbeats, as read last
8       LAST: heartbeats at the end of the last time-out
16      TOLD: the count of the standstill that Python knows of; all ones: none
24      four ``struct pollfd``: hold (-1: none), signals, terminal's pidfd, all to be
        read; and one to be written (-1: none)
56      NONE: an empty signal mask
64      PERIOD: the time-out as ``struct timespec`` (AArch64 has no poll, only ppoll)
80      TIMEOUT: where ppoll gets it from, and leaves what was left of it
96      INFO: ``siginfo_t``: ``si_code`` at 8, ``si_status`` at 24
224     the table, 48 bytes a row: number of the call, five arguments
800     the strings; behind them ``argv`` and ``envp``
======= ==========================================================================
"""

from __future__ import annotations

import struct

from crashwatch.linux.sleeper_code import code_of

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the start of every terminal 5 ms
    from collections.abc import Sequence

BASE = 0x401000
TEXT = 0x400000
NOBODY = -1
"""No such descriptor; ``poll`` passes over it."""

NOTHING_TOLD = 2**64 - 1

HEARTBEATS = 8
"""Offset of the word in the page, as ``client.inside.run_page`` has it."""

ROWS = (
    "POLL",
    "PREAD",
    "STOP",
    "MORE_TIME",
    "WAKE",
    "END_HOLD",
    "CONTINUE",
    "WAIT",
    "UNDUMPABLE",
    "KILL",
    "UNBLOCK",
    "EXIT",
)
TABLE = 224
ROW_BYTES = 48
_STRINGS = TABLE + len(ROWS) * ROW_BYTES

_COUNT, _POLLFDS, _NONE, _TIMEOUT, _INFO = 0, 24, 56, 80, 96
_POLLIN, _POLLOUT = 1, 4
_SIGCONT, _SIGSTOP = 18, 19
_SIGSTKFLT = 16  # what ``supervisor.hold_guard`` takes for "more time"
_SHUT_RD = 0
_P_PIDFD, _WEXITED = 3, 4
_PR_SET_DUMPABLE = 4
_SIG_SETMASK = 2
_PAGE = 0x1000
_ELF_HEADER, _PROGRAM_HEADER = 64, 56
_ENTRY = _ELF_HEADER + 2 * _PROGRAM_HEADER

_PIDFD_SEND_SIGNAL = 424  # everywhere
_NUMBERS = {
    "x86_64": {
        "POLL": 7,  # poll
        "PREAD": 17,
        "STOP": _PIDFD_SEND_SIGNAL,
        "MORE_TIME": 62,
        "WAKE": 59,
        "END_HOLD": 48,
        "CONTINUE": _PIDFD_SEND_SIGNAL,
        "WAIT": 247,
        "UNDUMPABLE": 157,
        "KILL": 62,
        "UNBLOCK": 14,
        "EXIT": 231,
    },
    "aarch64": {
        "POLL": 73,  # ppoll
        "PREAD": 67,
        "STOP": _PIDFD_SEND_SIGNAL,
        "MORE_TIME": 129,
        "WAKE": 221,
        "END_HOLD": 210,
        "CONTINUE": _PIDFD_SEND_SIGNAL,
        "WAIT": 95,
        "UNDUMPABLE": 167,
        "KILL": 129,
        "UNBLOCK": 135,
        "EXIT": 94,
    },
}
_MACHINES = {"x86_64": 62, "aarch64": 183}


class Waiting:
    """The descriptors the sleeper knows; ``NOBODY`` for those that are not there.

    Attributes:
        hold: The hold socket.
        signals: A signalfd.
        terminal: The terminal's pidfd.
        page: The run's page.
        first_beat: What can be written to once there are heartbeats.
        guard: The pid of the hold's guard, our child; 0: there is none.
    """

    __slots__ = ("first_beat", "guard", "hold", "page", "signals", "terminal")

    def __init__(
        self,
        *,
        signals: int,
        terminal: int,
        hold: int = NOBODY,
        page: int = NOBODY,
        first_beat: int = NOBODY,
        guard: int = 0,
    ) -> None:
        self.signals = signals
        self.terminal = terminal
        self.hold = hold
        self.page = page
        self.first_beat = first_beat
        self.guard = guard


class Beats:
    """How the sleeper looks after the heartbeats.

    Attributes:
        period_ms: The time-out; -1: none, without a page in any case.
        last: Heartbeats so far.
        told: Heartbeats at the standstill that is known, or ``NOTHING_TOLD``.
    """

    __slots__ = ("last", "period_ms", "told")

    def __init__(
        self, period_ms: int = -1, last: int = 0, told: int = NOTHING_TOLD
    ) -> None:
        self.period_ms = period_ms
        self.last = last
        self.told = told


class Waking:
    """What the sleeper becomes.

    Attributes:
        path: What is executed, absolute.
        arguments: Its ``argv``.
        environment: Its environment, ``NAME=value``.
        pid: The process that sleeps, for its own end should the execution fail.
    """

    __slots__ = ("arguments", "environment", "path", "pid")

    def __init__(
        self,
        path: bytes,
        arguments: Sequence[bytes],
        environment: Sequence[bytes],
        pid: int,
    ) -> None:
        self.path = path
        self.arguments = tuple(arguments)
        self.environment = tuple(environment)
        self.pid = pid


def sleeper_image(
    waiting: Waiting, beats: Beats, waking: Waking, machine: str
) -> bytes:
    """The executable for one sleep; empty for a machine without code."""
    code = code_of(machine)
    if not code:
        return b""
    data = _data(waiting, beats, waking, machine)
    text = _ENTRY + len(code)
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack(
        "<HHIQQQIHHHHHH",
        2,  # ET_EXEC
        _MACHINES[machine],
        1,
        TEXT + _ENTRY,  # e_entry
        _ELF_HEADER,  # e_phoff
        0,
        0,
        _ELF_HEADER,
        _PROGRAM_HEADER,
        2,
        0,
        0,
        0,
    )
    header += _load(readable_and=1, offset=0, address=TEXT, size=text)
    header += _load(readable_and=2, offset=_PAGE, address=BASE, size=len(data))
    return (header + code).ljust(_PAGE, b"\0") + data


def _load(*, readable_and: int, offset: int, address: int, size: int) -> bytes:
    """A ``PT_LOAD``: ``PF_X`` is 1, ``PF_W`` is 2, ``PF_R`` is 4."""
    flags = 4 | readable_and
    return struct.pack(
        "<IIQQQQQQ", 1, flags, offset, address, address, size, size, _PAGE
    )


def _data(waiting: Waiting, beats: Beats, waking: Waking, machine: str) -> bytes:
    strings = bytearray()
    path = _add(strings, waking.path)
    arguments = [_add(strings, word) for word in waking.arguments]
    environment = [_add(strings, word) for word in waking.environment]
    strings += bytes(-(_STRINGS + len(strings)) % 8)
    argv = _add_addresses(strings, arguments)
    envp = _add_addresses(strings, environment)
    rows = _rows(waiting, beats, machine)
    rows["WAKE"] = (path, argv, envp)
    rows["KILL"] = (waking.pid,)
    # Without a guard it asks whether it is there itself: 0 would be our whole group.
    no_guard = (waking.pid, 0)
    rows["MORE_TIME"] = (waiting.guard, _SIGSTKFLT) if waiting.guard > 0 else no_guard
    numbers = _NUMBERS[machine]
    table = b"".join(
        struct.pack("<6q", numbers[name], *rows[name], *(0,) * (5 - len(rows[name])))
        for name in ROWS
    )
    return _words(waiting, beats) + table + bytes(strings)


def _rows(waiting: Waiting, beats: Beats, machine: str) -> dict[str, tuple[int, ...]]:
    """The arguments of each call that needs nothing of what it becomes."""
    four = BASE + _POLLFDS
    timed = beats.period_ms >= 0 and waiting.page != NOBODY
    if machine == "x86_64":
        timeout = beats.period_ms if timed else -1
    else:
        timeout = BASE + _TIMEOUT if timed else 0
    return {
        "POLL": (four, 4, timeout),
        "PREAD": (waiting.page, BASE + _COUNT, 8, HEARTBEATS),
        "STOP": (waiting.terminal, _SIGSTOP),
        "END_HOLD": (waiting.hold, _SHUT_RD),
        "CONTINUE": (waiting.terminal, _SIGCONT),
        "WAIT": (_P_PIDFD, waiting.terminal, BASE + _INFO, _WEXITED),
        "UNDUMPABLE": (_PR_SET_DUMPABLE, 0),
        "UNBLOCK": (_SIG_SETMASK, BASE + _NONE, 0, 8),
        "EXIT": (),
    }


def _words(waiting: Waiting, beats: Beats) -> bytes:
    """Everything in front of the table."""
    words = struct.pack("<QQQ", beats.last, beats.last, beats.told)
    for descriptor in (waiting.hold, waiting.signals, waiting.terminal):
        words += struct.pack("<iHH", descriptor, _POLLIN, 0)
    words += struct.pack("<iHH", waiting.first_beat, _POLLOUT, 0)
    seconds, rest = divmod(max(0, beats.period_ms), 1000)
    words += struct.pack("<QQQ", 0, seconds, rest * 1_000_000)
    return words.ljust(TABLE, b"\0")


def _add(strings: bytearray, text: bytes) -> int:
    address = BASE + _STRINGS + len(strings)
    strings += text + b"\0"
    return address


def _add_addresses(strings: bytearray, addresses: list[int]) -> int:
    at = BASE + _STRINGS + len(strings)
    strings += struct.pack(f"<{len(addresses) + 1}Q", *addresses, 0)
    return at
