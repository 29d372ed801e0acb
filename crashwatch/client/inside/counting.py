"""Counting: what a terminal's calls come to, and the gate that each of them passes.

Every call looks at one byte of the shared flags page. As long as it has the value for
which the tables below were made, a metric's slot is found by its name and its word in
the mapped file is raised; any other value sends the call the long way, and 0 back.

What a counter stands at is also kept in a list, its cell, which is read in less than
half the time that mapped memory takes. Nobody else writes to the file.

**Threads.** With the global lock a thread is only ever changed at a function's start,
at a call and at a jump backwards (when traced, at a new line); between reading a word
and storing it there is none of these, so no increment is lost (a test reads the
bytecode, others count). The free-threaded build takes a lock. **Signal handlers** run
at the same points. A handler that counts while this very thread makes the tables is put
off until they are made. **Forks**: ``stop`` in the child. **The end of the
interpreter**: what is gone by then raises, and every exception is swallowed.
"""

import _thread
import sys
import time

from .counter_page import BUCKETS, DAY_SECONDS
from .counter_store import Store, day_of, grants_of, map_shared
from .flags_page import CATEGORIES, GRANTS, MAGIC, STATE

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the terminal a megabyte
    from typing import Any

_NOTHING = bytes(STATE + 1)
"""Stands for a page on which nothing is on."""

_NEVER = -1
_TOO_MANY = 1 << 32
_MOST_REFUSED = 1000
_PATIENCE = 1.0
_SOME = 64
"""Counts of one metric between two looks at the clock."""

_lock: "Any" = _thread.RLock()
_free_threaded = not getattr(sys, "_is_gil_enabled", lambda: True)()

_page: "Any" = _NOTHING
_flags: "Any" = _NOTHING
_state = _NEVER
_today = 0
_dawn = _dusk = 0.0
_grants: "list[int]" = []
_counters_file: "tuple[int, int] | None" = None
_store: "Store | None" = None
_values: "Any" = None
_counters: "dict[str, list[int] | None]" = {}
"""The cells of the counters met so far: slot, value, value at the next look at the
clock. None: not declared, or off."""
_declared: "dict[str, int]" = {}
_adders: "dict[str, Any]" = {}
_followers: "list[Any]" = []
_histograms: "dict[str, int]" = {}
_features: "dict[str, int]" = {}
_plugins: "dict[str, int]" = {}
_refused: "set[int]" = set()
_arranging = False
_late: "list[tuple[Any, tuple[Any, ...]]]" = []


def start(flags: "tuple[int, int]", counters: "tuple[int, int]") -> None:
    """Map the flags page; the counter file waits until something is counted.

    Args:
        flags: Descriptor and inode of the flags page.
        counters: Descriptor and inode of the counter file.
    """
    global _page, _flags, _counters_file  # noqa: PLW0603 -- one process, one client
    mapped = map_shared(*flags, writable=False)
    if mapped[:8] == MAGIC:
        _page = _flags = mapped
        _counters_file = counters


def stop() -> None:
    """Count no more, in a forked child: the file is the parent's."""
    global _page, _flags, _state, _store, _values, _counters_file, _lock  # noqa: PLW0603
    _flags = _page = _NOTHING
    _state = _NEVER
    _lock = _thread.RLock()  # another thread may have held it
    _values = _store = _counters_file = None
    for places in (_counters, _declared, _histograms, _features, _plugins):
        places.clear()


def set_enabled(enabled: bool) -> None:  # noqa: FBT001 -- part of the public contract
    """Count nothing at all in this process, or what is allowed again."""
    global _flags  # noqa: PLW0603
    _flags = _page if enabled else _NOTHING


def count(name: str, n: int = 1) -> None:
    """Add ``n`` to a counter."""
    try:
        if _flags[STATE] == _state:
            if n == 1:
                cell = _counters[name]
                if cell is not None:
                    _values[cell[0]] = cell[1] = value = cell[1] + 1
                    if value >= cell[2]:
                        _look_now_and_then(cell)
            elif type(n) is int and 0 < n < _TOO_MANY:
                cell = _counters[name]  # not before a call: see above
                if cell is not None:
                    _values[cell[0]] = cell[1] = cell[1] + n
        elif _flags[STATE]:
            _again(count, name, n)
    except KeyError:
        _count_first(name, n)
    except Exception:
        pass


def counter(name: str) -> "Any":
    """A function that adds one to this counter: ``count(name)`` without the look-up."""
    try:
        if name not in _adders:
            _adders[name] = _new_adder(name)
        return _adders[name]
    except Exception:
        return lambda: count(name)


def _new_adder(name: str) -> "Any":
    """Make one while nobody makes tables, which it would miss.

    Raises:
        LookupError: This very thread makes them, or another one takes too long.
    """
    mine = _arranging and _lock._is_owned()  # noqa: SLF001 -- as threading asks it
    if mine or len(_adders) >= _MOST_REFUSED or not _lock.acquire(timeout=_PATIENCE):
        raise LookupError(name)
    try:
        return _adder(name)
    finally:
        _lock.release()


def _adder(name: str) -> "Any":
    cell: list[int] | None = None

    def follow() -> None:
        nonlocal cell
        cell = _meet(name)

    def add() -> None:
        """Add one to a counter."""
        try:
            if _flags[STATE] == _state:
                if cell is not None:
                    _values[cell[0]] = cell[1] = value = cell[1] + 1
                    if value >= cell[2]:
                        _look_now_and_then(cell)
            elif _flags[STATE]:
                _again(add)
        except Exception:
            pass

    if _flags[STATE] == _state:
        follow()
    _followers.append(follow)
    return _locked(add) if _free_threaded else add


def _count_first(name: "Any", n: int) -> None:
    try:
        _meet(name)
        if name in _counters:
            count(name, n)
    except Exception:
        pass


def _meet(name: "Any") -> "list[int] | None":
    """The cell of a counter that may be new to the tables; None: it is not counted."""
    cells, declared, values = _counters, _declared, _values  # of one moment
    slot = declared.get(name, _NEVER)
    if slot == _NEVER:
        _refuse(cells, name, None)
        return None
    # Another thread may have met it meanwhile, and counted: then that cell stays.
    new = [slot, values[slot], values[slot] + _SOME] if slot else None
    return cells.setdefault(name, new)


def _look_now_and_then(cell: "list[int]") -> None:
    cell[2] = cell[1] + _SOME
    look_at_the_day()


def observe(name: str, value: float) -> None:
    """Put a value into a histogram: two buckets for each power of two."""
    try:
        state = _flags[STATE]
        if state == _state:
            slot = _histograms[name]
            if slot:
                slot += bucket_of(int(value))
                _values[slot] = seen = _values[slot] + 1
                if not seen & (_SOME - 1):
                    look_at_the_day()
        elif state:
            _again(observe, name, value)
    except KeyError:
        _refuse(_histograms, name)
    except Exception:
        pass


def feature(name: str) -> None:
    """Note that a feature was used today."""
    try:
        state = _flags[STATE]
        if state == _state:
            slot = _features[name]
            if slot:
                look_at_the_day()
                _values[_features[name]] = 1
        elif state:
            _again(feature, name)
    except KeyError:
        _refuse(_features, name)
    except Exception:
        pass


def plugin(name: str) -> None:
    """Note that a plugin was in use today; one that is not declared is ``other``."""
    try:
        state = _flags[STATE]
        if state == _state:
            known = "plugin/" + name
            if known not in _plugins:
                known = "plugin/other"
            if _plugins[known]:
                look_at_the_day()
                _values[_plugins[known]] = 1
        elif state:
            _again(plugin, name)
    except KeyError:
        _refuse(_plugins, "plugin/other")
    except Exception:
        pass


def bucket_of(value: int) -> int:
    """0, 1, 2, 3, then two buckets for each power of two; the last takes the rest."""
    if value < 4:
        return max(value, 0)
    bits = value.bit_length()
    place = 2 * bits - 2 + (value >> (bits - 2) & 1)
    return place if place < BUCKETS else BUCKETS - 1


def look_at_the_day() -> None:
    """Begin a new section when the UTC day has changed."""
    if not _dawn <= time.time() < _dusk:
        _again(None)


def on() -> "tuple[str, ...]":
    """The categories counted at this moment."""
    if not _flags[STATE] or stored() == "nowhere":
        return ()
    return tuple(
        category
        for category, grant in zip(CATEGORIES, grants_of(_page, GRANTS), strict=False)
        if grant
    )


def stored() -> str:
    """Where counts go: ``file``, ``memory`` (the disk was full) or ``nowhere``."""
    if _store is None and _flags[STATE]:
        _again(None)  # only a look into the file tells
    if _store is None:
        return "file" if _counters_file is not None else "nowhere"
    return "memory" if _store.in_memory else "file"


def _again(function: "Any", *arguments: "Any") -> None:
    """Make the tables for what is allowed now, then repeat the call."""
    global _arranging  # noqa: PLW0603
    if _arranging and _lock._is_owned():  # noqa: SLF001 -- as threading asks it
        _late.append((function, arguments))
        return
    if not _lock.acquire(timeout=_PATIENCE):
        return
    try:
        _arranging = True
        _arrange()
    finally:
        _arranging = False
        _lock.release()
    if function is not None and _flags[STATE] == _state:
        function(*arguments)
    while _late:
        waiting, with_what = _late.pop()
        if waiting is not None and _flags[STATE] == _state:
            waiting(*with_what)


def _arrange() -> None:
    """Make the tables; what fails here leaves counting off."""
    global _flags, _page, _state, _today, _grants, _values, _store, _counters_file  # noqa: PLW0603
    global _counters, _declared, _histograms, _features, _plugins, _dawn, _dusk
    try:
        state = _flags[STATE]
        grants = grants_of(_page, GRANTS)
        if not state or _flags[STATE] != state:
            return
        today = day_of(time.time())
        if state == _state and today == _today and grants == _grants:
            return
        if _store is None and _counters_file is not None:
            descriptor, _counters_file = _counters_file, None
            _store = Store(map_shared(*descriptor, writable=True))
        if _store is None:
            return
        section = _store.section(today, grants)
        tables = _store.places(section, grants)
        _values = _store.values
        _counters, (_declared, _histograms, _features, _plugins) = {}, tables
        _today, _grants = today, grants
        _dawn, _dusk = today * DAY_SECONDS, (today + 1) * DAY_SECONDS
        for follow in _followers:
            follow()
        _state = state
    except Exception:
        _flags = _page = _NOTHING
        _state = _NEVER


def _refuse(places: "dict[str, Any]", name: "Any", off: "int | None" = 0) -> None:
    """A name that is not declared: counted once for each name, then ignored.

    Args:
        places: The table that gets it.
        name: The name.
        off: What says "not counted" there.
    """
    try:
        if type(name) is not str or len(_refused) >= _MOST_REFUSED:
            return
        if len(name) <= 200:
            places[name] = off
        if hash(name) not in _refused:
            _refused.add(hash(name))
            count("undeclared")
    except Exception:
        pass


def _locked(function: "Any") -> "Any":
    """The same under the lock, for the build without the global one."""

    def with_lock(*arguments: "Any", **named: "Any") -> None:
        try:
            if _flags[STATE]:
                with _lock:
                    function(*arguments, **named)
        except Exception:
            pass

    return with_lock


if _free_threaded:
    count, observe = _locked(count), _locked(observe)
    feature, plugin = _locked(feature), _locked(plugin)
