"""What a terminal may call. Costs nothing and does nothing when not supervised.

Only the standard library, never raises, never blocks. The working parts are in
``crashwatch.client.inside``, which the supervisor's own copy arms in the process it
started; this module only finds them, so it may be of another version or installation.
"""

import sys

_LIMIT_EACH_MINUTE = 10

_spent: list[float] = []


def is_supervised() -> bool:
    """Whether crashwatch watches this process."""
    inside = sys.modules.get("_crashwatch_client")
    return inside is not None and bool(inside.is_armed())


def report_error(error: BaseException) -> bool:
    """Report an exception that the terminal handled itself.

    Sends its type and where it was raised, never its text. At most ten a minute; the
    rest is dropped. Never blocks, never raises.

    Returns:
        Whether the supervisor was told.
    """
    try:
        inside = sys.modules.get("_crashwatch_client")
        if inside is None or not inside.is_armed() or not _within_limit():
            return False
        hooks = sys.modules["_crashwatch_client.hooks"]
        return bool(hooks.report_handled(error, _thread_name()))
    except Exception:  # a guest never raises into its host
        return False


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
