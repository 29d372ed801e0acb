"""For programs that write to the hold as faulthandler does, but with pauses."""

from typing import Final

FIND_THE_HOLD: Final = """
import os, socket, stat
def is_the_hold(number):
    if not stat.S_ISSOCK(os.fstat(number).st_mode):
        return False
    with socket.socket(fileno=os.dup(number)) as end:
        packed = end.getsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, 16)
        return end.type == socket.SOCK_SEQPACKET and any(packed)
numbers = {int(name) for name in os.listdir("/proc/self/fd")}
numbers = {n for n in numbers if os.path.exists(f"/proc/self/fd/{n}")}
hold = next(filter(is_the_hold, numbers), 2)
"""
"""Python that knows the hold by its send time-out; unwatched, ``hold`` is stderr."""
