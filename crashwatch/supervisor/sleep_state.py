"""What the launcher remembers while it sleeps: a memfd's content, encoded here only.

The first line is ``crashwatch sleep 1``, the number of the format. Then come fields, in
any order, each ``NAME LENGTH`` on a line, LENGTH bytes, and a line feed. Numbers are
decimal text. A name may come again: the field is a list then. An unknown name belongs
to a newer format, whose number is another: it is refused, and the sleeper's own
fallback (``cli.wake_alone``) sees the terminal to its end. Pure.
"""

from __future__ import annotations

_FIRST = b"crashwatch sleep 1\n"

NUMBERS = (
    "pid",
    "pidfd",
    "start_time",
    "hold",
    "hold_number",
    "events",
    "page",
    "signals",
    "witness",
    "log",
    "guard",
    "kills_before",
    "fault_wish",
    "waker",
    "idle_wakes",
    "period_ms",
    "beats",
    "told",
    "suspended",
    "began",
    "started_ns",
    "counts",
    "hangs",
)
TEXTS = ("path", "folder", "tty")
LISTS = ("arguments", "messages", "seen")


class StateError(ValueError):
    """Not a state of this format."""


class SleepState:
    """Everything of one watch; the attributes are the fields.

    Attributes:
        pid: The terminal's process; ``pidfd``, ``start_time`` (clock ticks) are its.
        hold: Our end of the hold socket; -1: none, or it is over.
        hold_number: The terminal's descriptor of it.
        events: Our end of the message socket; -1: none, or it is over.
        page: The run's page; -1: none.
        signals: The signalfd.
        witness: The witness's pid; ``log`` is our end of its log.
        guard: The guard's pid.
        kills_before: Out-of-memory kills before the start.
        fault_wish: The descriptor the program gave faulthandler; -1: none.
        waker: The child that last sent us SIGCONT.
        idle_wakes: How often in a row we woke for nothing.
        period_ms: The heartbeats' time-out; -1: none.
        beats: Heartbeats when we fell asleep.
        told: Heartbeats at the standstill that was dealt with; all ones: none.
        suspended: Nanoseconds that the machine had been suspended by then.
        began: Unix time of the start, seconds.
        started_ns: The same by ``CLOCK_MONOTONIC``, nanoseconds.
        counts: 1 where something about the run may be counted at its end.
        hangs: Standstills that were reported.
        path: The program's file, as it was found.
        folder: The working directory at the start.
        tty: The terminal attributes of the start, as ``tty_text`` writes them.
        arguments: The arguments of ``crashwatch run``.
        messages: What the client told, as it came.
        seen: Signals the witness saw and we did not yet, ``number*count``.
    """

    pid: int = 0
    pidfd: int = -1
    start_time: int = 0
    hold: int = -1
    hold_number: int = -1
    events: int = -1
    page: int = -1
    signals: int = -1
    witness: int = 0
    log: int = -1
    guard: int = 0
    kills_before: int = -1
    fault_wish: int = -1
    waker: int = -1
    idle_wakes: int = 0
    period_ms: int = -1
    beats: int = 0
    told: int = 2**64 - 1
    suspended: int = 0
    began: int = 0
    started_ns: int = 0
    counts: int = 0
    hangs: int = 0
    path: bytes = b""
    folder: bytes = b""
    tty: bytes = b""
    arguments: tuple[bytes, ...] = ()
    messages: tuple[bytes, ...] = ()
    seen: tuple[bytes, ...] = ()


def encode_state(state: SleepState) -> bytes:
    """The bytes to keep."""
    parts = [_FIRST]
    parts.extend(_field(name, b"%d" % getattr(state, name)) for name in NUMBERS)
    parts.extend(_field(name, getattr(state, name)) for name in TEXTS)
    for name in LISTS:
        parts.extend(_field(name, item) for item in getattr(state, name))
    return b"".join(parts)


def decode_state(data: bytes) -> SleepState:
    """Read them back.

    Raises:
        StateError: Another format, or damaged.
    """
    if not data.startswith(_FIRST):
        raise StateError("a sleep of another version of crashwatch")
    state = SleepState()
    at = len(_FIRST)
    while at < len(data):
        name, value, at = _next(data, at)
        if name in NUMBERS:
            setattr(state, name, _number(value))
        elif name in TEXTS:
            setattr(state, name, value)
        elif name in LISTS:
            setattr(state, name, (*getattr(state, name), value))
        else:
            raise StateError("an unknown field")
    return state


def _field(name: str, value: bytes) -> bytes:
    return b"%s %d\n%s\n" % (name.encode(), len(value), value)


def _next(data: bytes, at: int) -> tuple[str, bytes, int]:
    end = data.find(b"\n", at)
    name, _, size = data[at : max(end, at)].partition(b" ")
    if not size.isdigit() or len(size) > 9:
        raise StateError("a field without its length")
    start, stop = end + 1, end + 1 + int(size)
    if data[stop : stop + 1] != b"\n":
        raise StateError("a field that is cut off")
    return name.decode("latin-1"), data[start:stop], stop + 1


def _number(value: bytes) -> int:
    if not value.removeprefix(b"-").isdigit() or len(value) > 20:
        raise StateError("a number that is none")
    return int(value)


def tty_text(attributes: list[object] | None) -> bytes:
    """``termios.tcgetattr``'s answer as text; empty for None.

    Six numbers, a semicolon, the control characters: each two hexadecimal digits, or,
    where it is a number (VMIN and VTIME without line editing), ``#`` and the number.
    """
    if attributes is None:
        return b""
    *numbers, characters = attributes
    assert isinstance(characters, list)  # noqa: S101 -- termios says so
    written = [
        character.hex() if isinstance(character, bytes) else f"#{character}"
        for character in characters
    ]
    return f"{' '.join(map(str, numbers))};{' '.join(written)}".encode()


def tty_attributes(text: bytes) -> list[object] | None:
    """The same, back."""
    if not text:
        return None
    numbers, _, characters = text.decode().partition(";")
    return [
        *map(int, numbers.split()),
        [
            int(word[1:]) if word.startswith("#") else bytes.fromhex(word)
            for word in characters.split(" ")
        ],
    ]
