"""The part of crashwatch that lives in the terminal's process.

Loaded by path under the name ``_crashwatch_client``, in whatever CPython (3.10 and
up) runs the terminal; crashwatch need not be installed there. Standard library only,
never raises into the program, no thread, no file, bounded time and memory.
"""

import os

_channel: int | None = None
_owner = 0
_dropped = 0


def arm(ticket: str) -> None:
    """Take the two descriptors of ``ticket`` and start.

    Args:
        ticket: ``had_pythonpath:pid:start_time:hold:inode:events:inode``.
    """
    global _channel, _owner  # noqa: PLW0603 -- one process, one client
    fields = [int(field) for field in ticket.split(":")]
    hold, events = _ours(fields[3], fields[4]), _ours(fields[5], fields[6])
    _owner = os.getpid()
    _channel = events
    from . import hold as fault_hold  # noqa: PLC0415 -- after the checks
    from . import hooks  # noqa: PLC0415

    fault_hold.install(hold)
    hooks.install()
    os.register_at_fork(after_in_child=lambda: disarm(hold))
    say_hello()


def _ours(descriptor: int, inode: int) -> int:
    """Check that a descriptor is still the socket we were given; never inherit it."""
    if os.fstat(descriptor).st_ino != inode:
        msg = "the descriptor is not ours"
        raise OSError(msg)
    os.set_inheritable(descriptor, False)
    return descriptor


def disarm(hold: int) -> None:
    """In a forked child: forget the supervisor, it watches the parent only."""
    global _channel  # noqa: PLW0603
    try:
        from . import hold as fault_hold  # noqa: PLC0415

        fault_hold.uninstall()
        channel, _channel = _channel, None
        os.close(hold)
        if channel is not None:
            os.close(channel)
    except Exception:
        _channel = None


def is_armed() -> bool:
    """Whether a supervisor listens to this very process."""
    return _channel is not None


def tell(records: list[list[str]]) -> bool:
    """Send one message; never blocks, never raises. False when it was dropped."""
    global _dropped  # noqa: PLW0603
    try:
        if _channel is None or os.getpid() != _owner:
            return False
        from .messages import encode  # noqa: PLC0415

        os.write(_channel, encode(records))
    except Exception:
        _dropped += 1
        return False
    return True


def say_hello() -> None:
    """Tell where this Python keeps its code, so that paths can be made relative."""
    import sys  # noqa: PLC0415

    places = [os.path.dirname(os.__file__)]
    site = sys.modules.get("site")
    if site is not None:
        places += site.getsitepackages()
        user = getattr(site, "USER_SITE", None)
        if isinstance(user, str):
            places.append(user)
    version = ".".join(str(part) for part in sys.version_info[:3])
    tell([["hello", version, sys.implementation.name, sys.prefix, *places]])
