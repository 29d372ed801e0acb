"""What the sleeper becomes: crashwatch again, or, without it, the terminal's mirror.

The text of this file travels in the sleeper's own memory and is run as ``python -c``.
While the launcher slept, crashwatch may have been upgraded or removed, or have become
unreadable: then what is written here has to do. It continues the terminal should the
sleeper have stopped it, passes on the signals that processes send us, stops when the
terminal stops, and ends as the terminal ends. Nothing but the interpreter is needed.

``sys.argv[1:]``: descriptor of the state; the terminal's pid; its pidfd; the hold
socket (-1: none); the signalfd; the pids of witness and guard; then ``sys.path``.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

MORE_TIME = 16  # SIGSTKFLT, which the guard takes for that
UNKNOWN = 1 << 8  # a wait status: what nobody can tell any more counts as a failure


def stop_if_held(pid: int, pidfd: int, hold: int, guard: int) -> None:
    """Stop a terminal that crashed while the sleeper was on its way to become us.

    Its guard is asked for more time, as the sleeper asks it: from a cold disk
    crashwatch may need longer to load than a hold may last unread.
    """
    if hold < 0:
        return
    import select  # noqa: PLC0415
    import signal  # noqa: PLC0415

    poll = select.poll()
    poll.register(hold, select.POLLIN)
    if [(hold, select.POLLIN)] != poll.poll(0):
        return
    if guard > 0:
        os.kill(guard, MORE_TIME)
    if not is_stopped(pid):
        signal.pidfd_send_signal(pidfd, signal.SIGSTOP)


def is_stopped(pid: int) -> bool:
    """Whether it is stopped, by the sleeper as it is meant to be."""
    with open(f"/proc/{pid}/stat", "rb") as stat:
        return stat.read().rpartition(b")")[2].split()[0] in {b"T", b"t"}


def wake(state: int, paths: list[str]) -> None:
    """Hand over to crashwatch, as it is on the disk now.

    Raises:
        Exception: It is not there, does not know this state, or failed.
    """
    sys.path[:] = paths
    from crashwatch.cli.wake import main  # noqa: PLC0415

    main(state)


def see_out(
    error: BaseException,
    pid: int,
    pidfd: int,
    hold: int,
    signals: int,
    pages: "tuple[int, ...]",
) -> "NoReturn":
    """Something of ours failed: see the terminal to its end, and end like it."""
    say(error)
    status = collected(pid)
    if status < 0:
        status = follow(pid, pidfd, hold, signals)
    for page in pages:
        end_page(page)
    end_like(status)


def collected(pid: int) -> int:
    """The wait status, where crashwatch was told it before it failed; else -1."""
    kept = sys.modules.get("crashwatch.linux.collected")
    ended = getattr(kept, "ENDED", {})
    return ended[pid][0] if pid in ended else -1


def follow(pid: int, pidfd: int, hold: int, signals: int) -> int:
    """See the terminal to its end in the best way there is; its wait status."""
    try:
        return mirror(pid, pidfd, hold, signals)
    except ChildProcessError:
        return UNKNOWN
    except Exception as error:
        say(error)  # its end can be waited for all the same
    try:
        while True:
            _, status = os.waitpid(pid, 0)
            if not os.WIFSTOPPED(status):
                return status
    except OSError:
        return UNKNOWN


def mirror(pid: int, pidfd: int, hold: int, signals: int) -> int:
    """See the terminal to its end without crashwatch; its wait status.

    Raises:
        ChildProcessError: Somebody else was told of it.
        OSError: A call is refused.
    """
    import select  # noqa: PLC0415
    import signal  # noqa: PLC0415

    poll = select.poll()
    for descriptor in (pidfd, signals, hold):
        if descriptor >= 0:
            poll.register(descriptor, select.POLLIN)
    if drain(hold):
        signal.pidfd_send_signal(pidfd, signal.SIGCONT)
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended and not os.WIFSTOPPED(status):
            return status
        if os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOHANG) is not None:
            os.kill(os.getpid(), signal.SIGSTOP)
        for descriptor, events in poll.poll():
            if descriptor == hold and not (drain(hold) and events == select.POLLIN):
                poll.unregister(hold)
            elif descriptor == signals:
                pass_on(signals, pidfd)


def drain(hold: int) -> bool:
    """Take what is in the hold; False when there is nothing."""
    taken = False
    try:
        os.set_blocking(hold, False)
        while os.read(hold, 65536):
            taken = True
    except OSError:
        pass  # nothing more, or the other end is gone
    return taken


def pass_on(signals: int, pidfd: int) -> None:
    """Give the terminal what processes sent us; what the kernel sent, it has."""
    import signal  # noqa: PLC0415

    try:
        while received := os.read(signals, 128):
            number = int.from_bytes(received[:4], "little")
            code = int.from_bytes(received[8:12], "little", signed=True)
            if code <= 0:
                signal.pidfd_send_signal(pidfd, number)
    except OSError:
        pass  # none is left, or the terminal has ended


def end_like(status: int) -> "NoReturn":
    """Exit with a wait status's code, or die by its signal without a core."""
    import resource  # noqa: PLC0415
    import signal  # noqa: PLC0415

    if os.WIFEXITED(status):
        os._exit(os.WEXITSTATUS(status))
    number = os.WTERMSIG(status)
    resource.setrlimit(
        resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1])
    )
    try:
        signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    except (OSError, ValueError):
        pass  # SIGKILL needs neither
    if (ours := os.getpid()) > 1:  # -1, where even that is refused, is everybody
        os.kill(ours, number)
    os._exit(128 + number)


def end_page(pid: int) -> None:
    """End the witness or the guard, unless crashwatch has: it is somebody else then."""
    try:
        if pid > 0 and os.waitpid(pid, os.WNOHANG) == (0, 0):
            os.kill(pid, 9)
    except OSError:
        pass  # it is gone


def say(error: BaseException) -> None:
    """One line for the person, who may not listen."""
    try:
        why = f"{type(error).__name__}: {ascii(str(error))[1:-1]}"
        os.write(2, f"crashwatch: no report can be made ({why})\n".encode())
    except Exception:  # noqa: S110 -- nobody is left to be told
        pass


def main(words: list[str]) -> None:
    """Wake, or mirror."""
    state, pid, pidfd, hold, signals, witness, guard = map(int, words[:7])
    try:
        stop_if_held(pid, pidfd, hold, guard)
        wake(state, words[7:])
    except BaseException as error:
        see_out(error, pid, pidfd, hold, signals, (witness, guard))


if __name__ == "__main__":
    main(sys.argv[1:])
