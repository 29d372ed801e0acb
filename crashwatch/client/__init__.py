"""What a terminal may call. Costs nothing and does nothing when not supervised.

Only the standard library, never raises, never blocks; from any thread and from signal
handlers. The working parts are in ``crashwatch.client.inside``, which the supervisor's
own copy arms in the process it started; this module only finds them, so it may be of
another version or installation. In a forked child and in a sub-interpreter all is off.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the terminal a megabyte
    from collections.abc import Callable
    from typing import Any

_LIMIT_EACH_MINUTE = 10

_spent: list[float] = []


class Status:
    """What the client does at this moment.

    Attributes:
        supervised: crashwatch watches this process.
        counted: The categories that are counted: ``usage``, ``performance``,
            ``features``, ``plugins``.
        stored: Where counts go: ``file``; ``memory`` where the disk was full, so that
            they are lost with the process; ``nowhere``.
    """

    __slots__ = ("counted", "stored", "supervised")

    def __init__(
        self,
        supervised: bool = False,  # noqa: FBT001, FBT002 -- a record
        counted: tuple[str, ...] = (),
        stored: str = "nowhere",
    ) -> None:
        self.supervised = supervised
        self.counted = counted
        self.stored = stored


def count(name: str, n: int = 1) -> None:
    """Add ``n``, a whole number above zero and below 2^32, to a declared counter."""


def counter(name: str) -> "Callable[[], None]":  # noqa: ARG001 -- not watched
    """A function that adds one to this counter, for what is counted very often.

    Faster than ``count(name)``, and the same in everything else: it stops and resumes
    with the person's choices. It is for this process, and cannot be pickled.
    """
    return lambda: None  # as little to be pickled as the one that counts


def observe(name: str, value: float) -> None:
    """Put a value, in the declared unit, into a declared histogram."""


def feature(name: str) -> None:
    """Note that a declared feature was used today. Only that it was, not how often."""


def plugin(name: str) -> None:
    """Note that a plugin was in use today.

    Only the names of the declared list are told; any other counts as ``plugin/other``.
    """


def heartbeat() -> None:
    """Say that the terminal still turns; once a frame. Without it no hang is seen."""


def ready() -> None:
    """Say that the terminal can be used now: the end of its start-up."""


def is_supervised() -> bool:
    """Whether crashwatch watches this process."""
    inside = sys.modules.get("_crashwatch_client")
    return inside is not None and bool(inside.is_armed())


def set_enabled(enabled: bool) -> None:  # noqa: FBT001 -- a switch has one argument
    """Turn counting and the telling of exceptions off in this process, at once.

    ``True`` only takes an earlier ``False`` back: it allows nothing that the person has
    not. Other processes, and the next start, go by the person's choice.
    """
    try:
        inside = sys.modules.get("_crashwatch_client")
        if inside is not None and inside.is_armed():
            inside.set_enabled(bool(enabled))
    except Exception as error:  # a guest never raises into its host
        _pass_on(error)


def status() -> Status:
    """What is on in this process at this moment."""
    try:
        if not is_supervised():
            return Status()
        counting = sys.modules["_crashwatch_client"].doing().counting
        return Status(True, counting.on(), counting.stored())
    except Exception as error:
        _pass_on(error)
        return Status()


def report_error(error: BaseException) -> bool:
    """Report an exception that the terminal handled itself.

    Sends its type, where it was raised and what its source says of the reason, never
    what was put in. At most ten a minute; the rest is dropped. Never blocks, never
    raises.

    Returns:
        Whether the supervisor was told.
    """
    try:
        inside = sys.modules.get("_crashwatch_client")
        if inside is None or not inside.is_armed() or not _within_limit():
            return False
        hooks = sys.modules["_crashwatch_client.hooks"]
        return bool(hooks.report_handled(error, _thread_name()))
    except Exception as met:
        _pass_on(met)
        return False


def _pass_on(error: Exception) -> None:
    """What a signal handler raised in the middle of our work goes on to the program."""
    passing = sys.modules.get("_crashwatch_client.passing_on")
    if passing is not None:
        passing.pass_on(error)


def _within_limit() -> bool:
    import time  # noqa: PLC0415 -- built in; only where there is something to report

    now = time.monotonic()
    _spent[:] = [moment for moment in _spent if now - moment < 60]
    if len(_spent) >= _LIMIT_EACH_MINUTE:
        return False
    _spent.append(now)
    return True


def _thread_name() -> str:
    threading = sys.modules.get("threading")
    return "" if threading is None else str(threading.current_thread().name)


def _replace(names: "dict[str, Any]", function: "Any") -> None:
    function.__doc__ = names[function.__name__].__doc__
    names[function.__name__] = function


def _take_over(names: "dict[str, Any]") -> None:
    """Put the armed client's own functions in the place of those that do nothing.

    Not called through us: a call more would double what counting costs.
    """
    try:
        if is_supervised():
            doing = sys.modules["_crashwatch_client"].doing()
            for name in ("count", "counter", "observe", "feature", "plugin"):
                _replace(names, getattr(doing.counting, name))
            for name in ("heartbeat", "ready"):
                _replace(names, getattr(doing.beating, name))
    except Exception:
        pass


_take_over(globals())
