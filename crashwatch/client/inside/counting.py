# Counting: what a terminal's calls come to, and the gate that each of them passes.
#
# Every call looks at one byte of the shared flags page. As long as it has the value for
# which the tables below were made, a metric's slot is found by its name and its word in
# the mapped file is raised; any other value sends the call the long way, and 0 back.
#
# A counter is raised by the byte of its word that ``counter_page`` tells of, which also
# stands in a list, its cell: a byte is stored in less time than a word, and raises
# ``ValueError`` when it is full. Then the call goes the long way: ``_add`` raises the
# word and begins the byte anew, the higher the less was counted yet, and the clock is
# looked at: an eighth more than was counted on a day, 256 at most, may be of the next.
#
# **Threads.** With the global lock a thread is only ever changed at a function's start,
# at a call and at a jump backwards (when traced, at a new line); between reading a word
# and storing it there is none of these, so no increment is lost (a test reads the
# bytecode, others count). The free-threaded build takes a lock. **Signal handlers** run
# at the same points. A handler that counts while this very thread makes the tables is
# put off until they are made; what a handler raises goes on to the program
# (``pass_on``). **Forks**: ``stop`` in the child. **The end of the interpreter**: what
# is gone by then raises, and every exception of ours is swallowed.

import sys
import time

from .alone import LOCK, PATIENCE, alone, is_mine, renew
from .counter_page import BITS, DAY_SECONDS, FINE, MOST, REST, bucket_of
from .counter_store import Store, day_of, grants_of
from .flags_page import CATEGORIES, GRANTS, MAGIC, STATE
from .mapping import map_shared
from .passing_on import pass_on

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the terminal a megabyte
    from typing import Any

_NOTHING = bytes(STATE + 1)
"""Stands for a page on which nothing is on."""

_NEVER = -1
_TOO_MANY = 1 << 32
_MOST_REFUSED = 1000
_SOME = 64
"""Values of one bucket between two looks at the clock."""
_FULL = 255
_PASSING = (12, 23, 24)
"""ENOMEM, ENFILE, EMFILE: reasons to try again later."""
_NO_ROOM = (RecursionError, MemoryError)
"""Where there is no room for a call of ours."""

_free_threaded = not getattr(sys, "_is_gil_enabled", lambda: True)()

_page: "Any" = _NOTHING
_flags: "Any" = _NOTHING
_state = _NEVER
_today = 0
_dawn = _dusk = 0.0
_grants: "list[int]" = []
_counters_file: "tuple[int, int] | None" = None
_store: "Store | None" = None
_bytes: "Any" = None
_values: "Any" = None
"""The mapped file, by bytes and by words."""
_not_before = 0.0
_counters: "dict[str, list[int] | None]" = {}
"""The cells of the counters met so far: where its byte is, and what that holds;
``_FULL`` sends the next count the long way. None: not declared, or off."""
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
    # Map the flags page; the counter file waits until something is counted.
    #
    # Args:
    #     flags: Descriptor and inode of the flags page.
    #     counters: Descriptor and inode of the counter file.
    global _page, _flags, _counters_file  # noqa: PLW0603 -- one process, one client
    mapped = map_shared(*flags, writable=False)
    if mapped[:8] == MAGIC:
        _page = _flags = mapped
        _counters_file = counters


def stop() -> None:
    # Count no more, in a forked child: the file is the parent's.
    global _page, _flags, _state, _store, _bytes, _values, _counters_file  # noqa: PLW0603
    _flags = _page = _NOTHING
    _state = _NEVER
    renew()
    _bytes = _values = _store = _counters_file = None
    for places in (_counters, _declared, _histograms, _features, _plugins):
        places.clear()


def set_enabled(enabled: bool) -> None:  # noqa: FBT001 -- part of the public contract
    # Count nothing at all in this process, or what is allowed again.
    global _flags  # noqa: PLW0603
    _flags = _page if enabled else _NOTHING


def count(name: str, n: int = 1) -> None:
    # Add ``n`` to a counter.
    try:
        try:
            if _flags[STATE] == _state:
                if n == 1:
                    cell = _counters[name]
                    if cell is not None:
                        _bytes[cell[0]] = cell[1] = cell[1] + 1
                    return
            elif not _flags[STATE]:
                return
        except Exception as error:
            pass_on(error)
        _count_slowly(name, n)
    except _NO_ROOM:
        pass


def counter(name: str) -> "Any":
    # A function that adds one to this counter: ``count(name)`` without the look-up.
    try:
        if name not in _adders:
            _adders[name] = alone(_new_adder, name)  # it would miss new tables
        return _adders[name]
    except Exception as error:
        pass_on(error)
        return lambda: count(name)


def _new_adder(name: str) -> "Any":
    if _arranging or len(_adders) >= _MOST_REFUSED:
        raise LookupError(name)
    return (lambda: count(name)) if _free_threaded else _adder(name)


def _adder(name: str) -> "Any":
    cell: list[int] | None = None

    def follow() -> None:
        nonlocal cell
        cell = _meet(name)

    def add() -> None:
        # Add one to a counter.
        try:
            try:
                if _flags[STATE] == _state:
                    if cell is not None:
                        _bytes[cell[0]] = cell[1] = cell[1] + 1
                    return
                if not _flags[STATE]:
                    return
            except Exception as error:
                pass_on(error)
            _count_slowly(name, 1)
        except _NO_ROOM:
            pass

    if _flags[STATE] == _state:
        follow()
    _followers.append(follow)
    return add


def _count_slowly(name: "Any", n: int) -> None:
    # A count that needs more than a byte raised by one: see ``count``.
    try:
        if _flags[STATE] != _state:
            _again(count, name, n)
        elif n == 1 or (type(n) is int and 0 < n < _TOO_MANY):
            alone(_add, name, int(n))
            look_at_the_day()
    except Exception as error:
        pass_on(error)


def _add(name: "Any", n: int) -> None:
    # Add to the word of a counter, and begin its byte anew.
    cell, w = _meet(name), _values
    if cell is None:
        return
    at = cell[0] >> 3
    total = w[at] + (w[at] >> BITS) & REST
    low = max(_FULL - (total >> 3), 0)
    if total < MOST:
        # One line, as others count, and a traced thread may change at a new one.
        w[at], cell[1] = w[at] + (w[at] >> BITS) + n - low & REST | low << BITS, low


def _meet(name: "Any") -> "list[int] | None":
    # The cell of a counter that may be new to the tables; None: it is not counted.
    cells, declared = _counters, _declared  # of one moment
    if name in cells:
        return cells[name]
    slot = declared.get(name, _NEVER)
    if slot == _NEVER:
        _refuse(cells, name, None)
        return None
    return cells.setdefault(name, [8 * slot + FINE, _FULL] if slot else None)


def observe(name: str, value: float) -> None:
    # Put a value into a histogram: two buckets for each power of two.
    try:
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
        except Exception as error:
            _without(error, _histograms, name)
    except _NO_ROOM:
        pass


def feature(name: str) -> None:
    # Note that a feature was used today.
    _note(feature, _features, name)


def plugin(name: str) -> None:
    # Note that a plugin was in use today; one that is not declared is ``other``.
    _note(plugin, _plugins, name)


def _note(call: "Any", places: "dict[str, int]", name: str) -> None:
    try:
        try:
            if _flags[STATE] == _state:
                look_at_the_day()
                if call is plugin:
                    known = "plugin/" + name
                    name = known if known in _plugins else "plugin/other"
                slot = (_plugins if call is plugin else _features)[name]
                if slot:
                    _values[slot] = 1
            elif _flags[STATE]:
                _again(call, name)
        except Exception as error:
            _without(error, places, name)
    except _NO_ROOM:
        pass


def look_at_the_day() -> None:
    # Begin a new section when the UTC day has changed.
    if not _dawn <= time.time() < _dusk:
        _again(None)


def on() -> "tuple[str, ...]":
    # The categories counted at this moment.
    if not _flags[STATE] or stored() == "nowhere":
        return ()
    pairs = zip(CATEGORIES, grants_of(_page, GRANTS), strict=False)
    return tuple(category for category, grant in pairs if grant)


def stored() -> str:
    # Where counts go: ``file``, ``memory`` (the disk was full) or ``nowhere``.
    if _store is None and _flags[STATE]:
        _again(None)  # only a look into the file tells
    if _store is None:
        return "file" if _counters_file is not None else "nowhere"
    return "memory" if _store.in_memory else "file"


def _again(function: "Any", *arguments: "Any") -> None:
    # Make the tables for what is allowed now, then repeat the call.
    if _arranging and is_mine():
        _late.append((function, arguments))
        return
    if time.monotonic() < _not_before:
        return
    alone(_arrange)
    waiting = [(function, arguments)]
    while waiting or _late:
        waited, with_what = (waiting or _late).pop()
        if waited is not None and _flags[STATE] == _state:
            waited(*with_what)


def _arrange() -> None:
    # Make the tables. What fails here leaves counting off, or for later.
    global _flags, _page, _state, _not_before, _counters_file, _arranging  # noqa: PLW0603
    try:
        _arranging = True
        _make_tables()
    except Exception as error:
        pass_on(error)
        if isinstance(error, _NO_ROOM) or getattr(error, "errno", 0) in _PASSING:
            _not_before = time.monotonic() + PATIENCE
        else:
            _flags = _page = _NOTHING
            _state, _counters_file = _NEVER, None
    finally:
        _arranging = False


def _make_tables() -> None:
    global _state, _today, _grants, _bytes, _values, _store, _counters_file  # noqa: PLW0603
    global _counters, _declared, _histograms, _features, _plugins, _dawn, _dusk
    state = _flags[STATE]
    grants = grants_of(_page, GRANTS)
    if not state or _flags[STATE] != state:
        return
    today = day_of(time.time())
    if state == _state and today == _today and grants == _grants:
        return
    if _store is None:
        if _counters_file is None:
            return
        _store = Store(map_shared(*_counters_file, writable=True))
        _counters_file = None
    section = _store.section(today, grants)
    tables = _store.places(section, grants)
    _bytes, _values = _store.bytes, _store.values
    _counters, (_declared, _histograms, _features, _plugins) = {}, tables
    _today, _grants = today, grants
    _dawn, _dusk = today * DAY_SECONDS, (today + 1) * DAY_SECONDS
    for follow in _followers:
        follow()
    _state = state


def _without(error: Exception, places: "dict[str, Any]", name: "Any") -> None:
    # After an exception: of the program's, or for a name that has no place.
    pass_on(error)
    if type(error) is KeyError:
        _refuse(places, name)


def _refuse(places: "dict[str, Any]", name: "Any", off: "int | None" = 0) -> None:
    # Put ``off`` in the place of a name that is not declared, and count it once.
    try:
        if type(name) is not str or len(_refused) >= _MOST_REFUSED:
            return
        if len(name) <= 200:
            places[name] = off
        if hash(name) not in _refused:
            _refused.add(hash(name))
            count("undeclared")
    except Exception as error:
        pass_on(error)


def _locked_count(name: str, n: int = 1) -> None:
    # Add ``n`` to a counter.
    try:
        try:
            if _flags[STATE] == _state:
                if n == 1:
                    if _counters[name] is not None:
                        with LOCK:
                            cell = _counters[name]
                            _bytes[cell[0]] = cell[1] = cell[1] + 1  # type: ignore[index] # None raises
                    return
            elif not _flags[STATE]:
                return
        except Exception as error:
            pass_on(error)
        _count_slowly(name, n)
    except _NO_ROOM:
        pass


def _locked_observe(name: str, value: float) -> None:
    # Put a value into a histogram: two buckets for each power of two.
    if _flags[STATE]:
        with LOCK:
            _observe(name, value)


if _free_threaded:
    _observe = observe
    count, observe = _locked_count, _locked_observe
    count.__name__ = count.__qualname__ = "count"
    observe.__name__ = observe.__qualname__ = "observe"
for _call in (count, counter, observe, feature, plugin):
    _call.__module__ = "crashwatch.client"  # where a pickled one is looked for
