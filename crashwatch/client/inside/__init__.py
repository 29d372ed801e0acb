# The part of crashwatch that lives in the terminal's process.
#
# Loaded by path under the name ``_crashwatch_client``, in whatever CPython (3.10 and
# up) runs the terminal; crashwatch need not be installed there. Standard library only,
# never raises into the program, no thread, no file, bounded time and memory. Contracts
# stand in comments in this package: docstrings would stay in the terminal's memory,
# 24 KB of the 200 that all of this may take.
#
# A program may close every descriptor it finds and open files of its own, which then
# have our numbers: nothing is written to or closed that is not known to be ours still.

import os
import sys

from .encoding import encode
from .passing_on import pass_on

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the terminal a megabyte
    from collections.abc import Callable

_channel: int | None = None
_hold = -1
_followed = ""
_owner = 0
_dropped = 0
_silent = False
_shared: "list[tuple[int, int]]" = []
_inodes: "dict[int, int]" = {}
"""Of the hold and message sockets, by descriptor."""
_doing: "Doing | None" = None


def arm(ticket: str, followed: str = "") -> None:
    # Take the descriptors of ``ticket`` and start.
    #
    # Args:
    #     ticket: ``had_pythonpath:pid:start_time``, then a descriptor and its inode for
    #         the hold socket, the message socket, and as far as there are any the run's
    #         page, the consent flags page and the counter file.
    #     followed: Where forked children reach the supervisor, as ``following`` says;
    #         empty: they are not watched.
    global _shared  # noqa: PLW0603 -- one process, one client
    fields = [int(field) for field in ticket.split(":")]
    pairs = list(zip(fields[3::2], fields[4::2], strict=False))
    hold, events = _ours(*pairs[0]), _ours(*pairs[1])
    _shared = [(_ours(*pair), pair[1]) for pair in pairs[2:]]
    _begin(hold, events, followed)


def arm_child(followed: str) -> None:
    # Start in a child of the program that crashwatch started.
    #
    # Raises:
    #     Exception: It is not watched: see ``following.reach``.
    from .following import reach  # noqa: PLC0415 -- only where children are watched

    _begin(*reach(followed), followed)


def _begin(hold: int, events: int, followed: str) -> None:
    global _channel, _followed, _hold, _owner
    _hold, _channel, _owner, _followed = hold, events, os.getpid(), followed
    _remember(hold, events)
    from . import hold as fault_hold  # noqa: PLC0415 -- after the checks
    from . import hooks  # noqa: PLC0415

    fault_hold.install(hold)
    hooks.install()
    if followed:
        from . import following  # noqa: F401, PLC0415 -- a child must not wait for it
    os.register_at_fork(after_in_child=_in_forked_child)
    say_hello()


def _ours(descriptor: int, inode: int) -> int:
    # Check that a descriptor is still the socket we were given; never inherit it.
    if os.fstat(descriptor).st_ino != inode:
        msg = "the descriptor is not ours"
        raise OSError(msg)
    os.set_inheritable(descriptor, False)
    return descriptor


def _in_forked_child() -> None:
    if _channel is not None and not (_followed and _follow()):
        disarm()


def _follow() -> bool:
    # In a forked child: get a watch of its own; False where there can be none.
    global _channel, _hold, _owner
    try:
        from . import hold as fault_hold  # noqa: PLC0415
        from .following import reach  # noqa: PLC0415

        hold, events = reach(_followed)
        _remember(hold, events)
        _let_go_of(_channel)
        parents = _hold
        _hold, _channel, _owner = hold, events, os.getpid()
        fault_hold.move(hold)
        _let_go_of(parents)
        say_hello()
    except Exception:
        return False
    return True


def disarm() -> None:
    # In a forked child: forget the supervisor, it watches the parent only.
    global _channel, _hold
    hold, channel = _hold, _channel
    _hold, _channel = -1, None
    try:
        _let_go_of(channel)
        from . import hold as fault_hold  # noqa: PLC0415

        fault_hold.uninstall()
        _let_go_of(hold)
    except Exception:
        pass


def _let_go_of(descriptor: int | None) -> None:
    # In a forked child: of what its parent has. Nothing is counted in it.
    if _doing is not None:
        _doing.stop()
    for number, inode in _shared:
        close_if_ours(number, inode)
    _shared.clear()
    if descriptor is not None and descriptor in _inodes:
        close_if_ours(descriptor, _inodes.pop(descriptor))


def look_at_the_hold() -> None:
    # Leave faulthandler to the program where the hold is a file of its own by now.
    global _hold  # noqa: PLW0603
    if _hold >= 0 and not is_ours(_hold, _inodes.get(_hold, -1)):
        from . import hold as fault_hold  # noqa: PLC0415

        _hold = -1
        fault_hold.uninstall()


def _remember(*descriptors: int) -> None:
    for descriptor in descriptors:
        _inodes[descriptor] = os.fstat(descriptor).st_ino


def is_ours(descriptor: int, inode: int) -> bool:
    # Whether a descriptor still is the file it was.
    try:
        return os.fstat(descriptor).st_ino == inode
    except OSError as error:
        pass_on(error)  # a handler may raise a TimeoutError, which is one
        return False


def close_if_ours(descriptor: int, inode: int) -> None:
    # Close a descriptor, unless the number is another file's by now.
    if is_ours(descriptor, inode):
        os.close(descriptor)


def is_armed() -> bool:
    # Whether a supervisor listens to this very process.
    return _channel is not None


def is_silent() -> bool:
    # Whether the program turned telling of exceptions off.
    return _silent


def set_enabled(enabled: bool) -> None:  # noqa: FBT001 -- part of the public contract
    # Turn counting and telling of exceptions off in this process, or on again.
    global _silent  # noqa: PLW0603
    _silent = not enabled
    doing().counting.set_enabled(enabled)


class Doing:
    # The modules behind the calls that a program may make.
    #
    # Attributes:
    #     counting: ``count``, ``observe``, ``feature``, ``plugin``.
    #     beating: ``heartbeat``, ``ready``.

    def __init__(self) -> None:
        from . import beating, counting, mapping  # noqa: PLC0415 -- only for programs that call

        self.counting, self.beating = counting, beating
        self._let_go = mapping.let_go
        page, flags_and_counters = _shared[:1], _shared[1:3]
        _shared.clear()
        if len(flags_and_counters) == 2:
            _quietly(counting.start, *flags_and_counters)
        if page:
            _quietly(beating.start, *page, counting)

    def stop(self) -> None:
        # In a forked child.
        self.counting.stop()
        self.beating.stop()
        self._let_go()


def doing() -> Doing:
    # The modules behind the calls, loaded and mapped at the first time.
    global _doing  # noqa: PLW0603
    if _doing is None:
        _doing = Doing()
    return _doing


def _quietly(function: "Callable[..., None]", *arguments: object) -> None:
    try:
        function(*arguments)
    except Exception:
        pass


def take_token() -> None:
    # Take what the supervisor left in the message socket: it hears that there is room.
    #
    # So it learns of the first heartbeat, whose word in memory tells nobody by itself.
    #
    # Raises:
    #     OSError: Nothing was left.
    channel = _own_channel()
    if channel is None or os.get_blocking(channel):
        return  # never wait in somebody else's program
    os.read(channel, 1)


def _own_channel() -> int | None:
    # The message socket, where it still is one and this is the process it is for.
    if _channel is None or os.getpid() != _owner:
        return None
    return _channel if is_ours(_channel, _inodes.get(_channel, -1)) else None


def tell(records: list[list[str]]) -> bool:
    # Send one message; never blocks, never raises. False when it was dropped.
    global _dropped  # noqa: PLW0603
    try:
        channel = _own_channel()
        if channel is None:
            return False
        os.write(channel, encode(records))
    except Exception as error:
        _dropped += 1
        pass_on(error)
        return False
    return True


def say_hello() -> None:
    # Tell where this Python keeps its code, so that paths can be made relative.
    places = [os.path.dirname(os.__file__)]
    site = sys.modules.get("site")
    if site is not None:
        places += site.getsitepackages()
        user = getattr(site, "USER_SITE", None)
        if isinstance(user, str):
            places.append(user)
    version = ".".join(str(part) for part in sys.version_info[:3])
    tell([["hello", version, sys.implementation.name, sys.prefix, *places]])
