# How a child of the run reaches the supervisor, where children are watched as well.
#
# ``CRASHWATCH_CHILDREN`` names the supervisor's door (an abstract socket, so that no
# file is left), a word that only this run's processes know, and the supervisor's pid. A
# child makes its own hold and message sockets and hands their other ends through the
# door.
#
# Nobody waits: neither for the door nor for an answer. Where the supervisor is gone, or
# too many stand before it, the child is not watched, and goes on.

import _socket
import fcntl
import os
import sys

from .encoding import encode

VARIABLE = "CRASHWATCH_CHILDREN"

_HIGH = 700  # as crashwatch.supervisor.shared says
_A_WRITE = 10
"""Seconds that one write of a traceback may wait: many may crash at once, and each is
read in its turn. That all of them together do not wait for ever is the guards' task
(``supervisor.door_guard``, ``supervisor.hold_guard``)."""
_YAMA = "/proc/sys/kernel/yama/ptrace_scope"
_PR_SET_PTRACER = 0x59616D61
_SWITCHES = ("CRASHWATCH_NO_TELEMETRY", "DO_NOT_TRACK")
_NOT_SET = ("", "0", "false")


class RefusedError(Exception):
    # This process was told not to be watched.
    pass


def reach(place: str) -> tuple[int, int]:
    # Get a watch of its own for this process.
    #
    # Args:
    #     place: The variable's value.
    #
    # Returns:
    #     Our descriptors of the hold socket and of the message socket.
    #
    # Raises:
    #     RefusedError: A switch in our environment says no.
    #     OSError: The supervisor cannot be reached.
    #     ValueError: The value is none of ours.
    if any(os.environ.get(name, "").lower() not in _NOT_SET for name in _SWITCHES):
        raise RefusedError
    name, word, supervisor = place.split(":")
    made = [_socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)]
    try:
        made[0].setblocking(False)
        made[0].connect(b"\0" + name.encode())
        made += _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
        events, supervisors, ours = made
        ours.setsockopt(_socket.SOL_SOCKET, _socket.SO_SNDBUF, 1)
        timeval = _A_WRITE.to_bytes(8, sys.byteorder) + bytes(8)
        ours.setsockopt(_socket.SOL_SOCKET, _socket.SO_SNDTIMEO, timeval)
        ours.setblocking(True)
        hold = _moved_up(ours)
        try:
            _introduce(events, word, hold, supervisors.fileno())
            _allow_tracing_by(int(supervisor))
            return hold, _moved_up(events)
        except BaseException:
            os.close(hold)
            raise
    finally:
        # One that is left to the collector may warn, where the program wants to know.
        for each in made:
            each.close()


def _introduce(events: _socket.socket, word: str, hold: int, supervisors: int) -> None:
    # Say who we are, and hand over the supervisor's end of the hold.
    who = ["child", word, str(os.getpid()), _start_time(), str(hold)]
    passed = supervisors.to_bytes(4, sys.byteorder)
    rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, passed)]
    events.sendmsg([encode([who])], rights)


def _moved_up(made: _socket.socket) -> int:
    # A duplicate out of the way of the program's own descriptors.
    return int(fcntl.fcntl(made.fileno(), fcntl.F_DUPFD_CLOEXEC, _HIGH))


def _start_time() -> str:
    # When this process started, in clock ticks since boot.
    with open("/proc/self/stat", "rb") as stat:
        return stat.read().rpartition(b")")[2].split()[19].decode("ascii")


def _allow_tracing_by(supervisor: int) -> None:
    # Where only an ancestor may trace (Yama's scope 1): py-spy is none.
    #
    # A forked child does not inherit what its parent allowed.
    try:
        with open(_YAMA, "rb") as file:
            if file.read().strip() != b"1":
                return
        raw = __import__("_ctypes")
        function = raw.dlsym(raw.dlopen(None, 2), "prctl")
        raw.call_function(function, (_PR_SET_PTRACER, supervisor, 0, 0, 0))
    except Exception:
        pass
