"""Fall asleep: the launcher becomes the smallest program there can be.

What it is then stands in ``crashwatch.linux.sleeper_code``; what it remembers in
``sleep_state``, in a memfd; what it becomes when something happens is the caller's.
An exec keeps the process: its pid, its children, its descriptors, its blocked signals.
"""

from __future__ import annotations

import os
import sys
import time

from crashwatch.linux.sleeper_image import Beats, Waiting, Waking, sleeper_image
from crashwatch.linux.tiny_program import execute
from crashwatch.supervisor.sleep_state import encode_state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crashwatch.supervisor.sleep_state import SleepState

NAME = "crashwatch"
_MOST_IDLE_WAKES = 3
_LEAST_LIMIT = 128 * 1024
_MOST_LIMIT = 6 * 1024 * 1024
_ROOM = 16 * 1024
_WORD = 8


class CannotSleepError(Exception):
    """The launcher has to stay Python; the message says why."""


def fall_asleep(state: SleepState, alarm: str, environment: dict[bytes, bytes]) -> None:
    """Sleep. Never returns: whoever wakes is another program.

    Args:
        state: What to remember.
        alarm: The file whose text is what wakes, as ``cli.wake_alone`` describes.
        environment: As the launcher itself was started with.

    Raises:
        CannotSleepError: It is not possible here; nothing has changed.
    """
    if state.idle_wakes > _MOST_IDLE_WAKES:
        raise CannotSleepError("it wakes without a reason")
    memory = -1
    try:
        first_beat = _look_at_heart(state)
        memory = _remember(state)
        waking = _waking(state, memory, _text(alarm), environment)
        image = sleeper_image(
            Waiting(
                signals=state.signals,
                terminal=state.pidfd,
                hold=state.hold,
                page=state.page,
                first_beat=first_beat,
                guard=state.guard,
            ),
            Beats(state.period_ms if state.beats else -1, state.beats, state.told),
            waking,
            os.uname().machine,
        )
        if not image:
            raise CannotSleepError(f"there is no code for {os.uname().machine}")
        _keep(state, memory, open_after_exec=True)
        # A list of processes shows what is watched.
        shown = os.path.basename(state.path)
        execute(image, NAME, [NAME.encode(), b"run", b"--", shown])
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise CannotSleepError(f"programs in memory are refused: {why}") from error
    finally:
        _keep(state, memory, open_after_exec=False)
        if memory >= 0:
            os.close(memory)


def _remember(state: SleepState) -> int:
    from crashwatch.supervisor.run_page import plain_memfd  # noqa: PLC0415

    memory = plain_memfd("crashwatch-state")
    with open(memory, "wb", closefd=False) as file:
        file.write(encode_state(state))
    return memory


def _look_at_heart(state: SleepState) -> int:
    """Note the heartbeats so far; where there is none, what tells of the first.

    A word in memory wakes nobody, and neither does a message: until Python is there,
    nobody would stop a terminal that crashes. So the message socket is filled in the
    other direction, and at its first heartbeat the client takes something out.
    """
    from crashwatch.supervisor.run_page import heartbeats  # noqa: PLC0415

    first_beat = state.events if state.period_ms >= 0 and state.page >= 0 else -1
    if first_beat >= 0:
        fill_up(first_beat)
    state.beats = heartbeats(state.page)
    state.suspended = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns()
    return -1 if state.beats else first_beat


def fill_up(messages: int) -> None:
    """Write until nothing can be written, which takes a few bytes."""
    import select  # noqa: PLC0415 -- loaded already

    poll = select.poll()
    poll.register(messages, select.POLLOUT)
    try:
        while [events & select.POLLOUT for _, events in poll.poll(0)] == [
            select.POLLOUT
        ]:
            os.write(messages, b"!")
    except OSError:
        pass  # nobody is there any more


def _waking(
    state: SleepState, memory: int, text: bytes, environment: dict[bytes, bytes]
) -> Waking:
    interpreter = os.fsencode(sys.executable or "")
    if not interpreter.startswith(b"/"):
        raise CannotSleepError("the interpreter's path is not known")
    numbers = (
        memory,
        state.pid,
        state.pidfd,
        state.hold,
        state.signals,
        state.witness,
        state.guard,
    )
    words = [
        interpreter,
        *_options(environment),
        b"-c",
        text,
        *(b"%d" % number for number in numbers),
        *map(os.fsencode, sys.path),
    ]
    variables = [b"%s=%s" % pair for pair in environment.items()]
    _check_size([interpreter, *words, *variables])
    return Waking(interpreter, words, variables, os.getpid())


_NEEDED = frozenset({b"PYTHONHOME", b"PYTHONPLATLIBDIR"})
"""Where these are set the interpreter may not find its own library without them."""


def _options(environment: dict[bytes, bytes]) -> list[bytes]:
    """Those of our own interpreter that matter; what ``site`` found is in the path.

    The variables are the program's: ``PYTHONPATH`` may hold a ``select`` of its own,
    ``PYTHONVERBOSE`` would write among its output.
    """
    flags = sys.flags
    options = [b"-S", b"-P"]
    options += [b"-I"] if flags.isolated else []
    spared = flags.ignore_environment or _NEEDED.isdisjoint(environment)
    options += [b"-E"] if spared else []
    options += [b"-B"] if flags.dont_write_bytecode else []
    return options


def _text(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise CannotSleepError("crashwatch's own files cannot be read") from error


def _check_size(words: list[bytes]) -> None:
    """execve(2) takes a quarter of the stack's limit, 6 MiB at most."""
    import resource  # noqa: PLC0415 -- an extension; nobody else on the way needs it

    limit, _ = resource.getrlimit(resource.RLIMIT_STACK)
    quarter = _MOST_LIMIT if limit == resource.RLIM_INFINITY else limit // 4
    room = max(_LEAST_LIMIT, min(quarter, _MOST_LIMIT))
    if sum(len(word) + 1 + _WORD for word in words) > room - _ROOM:
        raise CannotSleepError("the environment is too large to wake with")


def _keep(state: SleepState, memory: int, *, open_after_exec: bool) -> None:
    """Let the descriptors of the watch outlive an exec, or not."""
    for descriptor in descriptors_of(state):
        os.set_inheritable(descriptor, open_after_exec)
    if memory >= 0:
        os.set_inheritable(memory, open_after_exec)


def descriptors_of(state: SleepState) -> list[int]:
    """Those that a sleeping launcher holds open, but for the state's own."""
    found = (
        state.pidfd,
        state.hold,
        state.events,
        state.page,
        state.signals,
        state.log,
    )
    return [descriptor for descriptor in found if descriptor >= 0]
