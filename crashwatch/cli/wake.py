"""Awake: deal with what happened to the terminal, and sleep again or end like it.

The launcher comes here when it woke up (``cli.wake_alone`` calls ``main``), and
straight from its start when there was something to do at once, or when it has to stay.
"""

from __future__ import annotations

import os
import time

from crashwatch.build_server import is_on
from crashwatch.cli.complaint import complain, said
from crashwatch.cli.places import ALARM
from crashwatch.cli.run_arguments import parse_run_arguments
from crashwatch.supervisor.inherited import environment_at_exec
from crashwatch.supervisor.own_end import end_like
from crashwatch.supervisor.run_page import heartbeats
from crashwatch.supervisor.sleep_state import SleepState, decode_state, tty_attributes
from crashwatch.supervisor.sleeper import (
    CannotSleepError,
    descriptors_of,
    fall_asleep,
)
from crashwatch.supervisor.watch import Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    # A wake is quick: these are loaded only where there is something to report.
    import signal
    from collections.abc import Callable
    from typing import NoReturn

    from crashwatch.cli.run_arguments import RunArguments
    from crashwatch.cli.session import Session
    from crashwatch.cli.stay import Stay
    from crashwatch.headless.outcome import Finding
    from crashwatch.linux.freeze import Frozen
    from crashwatch.linux.sources import StoppedThreads, ThreadRegisters
    from crashwatch.supervisor.begin import Begun
    from crashwatch.supervisor.ending import Ending
    from crashwatch.supervisor.evidence_of import Start
    from crashwatch.supervisor.following import Following
    from crashwatch.supervisor.inherited import Inherited
else:
    import _signal as signal

_MOST_STATE = 8 * 1024 * 1024


def main(memory: int) -> NoReturn:
    """Wake up: ``memory`` is the descriptor of the state.

    Raises:
        StateError: It is of another version; the caller has a way of its own.
        CrashwatchError: So are the arguments.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    state = decode_state(os.pread(memory, _MOST_STATE, 0))
    for descriptor in descriptors_of(state):
        os.set_inheritable(descriptor, False)
    asked = _asked(state)
    os.close(memory)
    watch = _watch(asked, state)
    watch.restore(state)
    watch.stopped = True
    busy = watch.settle()
    watch.stopped = False
    if not busy:
        _look_at_heart(watch, state)
    _go_on(watch, state)


def _look_at_heart(watch: Watch, state: SleepState) -> None:
    """Nothing happened: it is the heartbeats, or there is no reason at all."""
    beats = heartbeats(state.page)
    state.idle_wakes = 0 if beats else state.idle_wakes + 1
    if beats and state.beats and beats != watch.told:
        _on_standstill(watch, state)


def _on_standstill(watch: Watch, state: SleepState, stay: Stay | None = None) -> None:
    try:
        from crashwatch.cli.hang import deal_with_standstill  # noqa: PLC0415

        asked = _asked(state)
        session = _session(asked, state)
        was_one = deal_with_standstill(
            watch,
            state.suspended,
            session,
            lambda: start_of(state, session),
            asked.command[1:],
            *(() if stay is None else (stay.findings.append,)),
        )
        state.hangs += was_one
    except Exception as error:
        watch.told = heartbeats(state.page)
        complain(f"the report of a hang was lost: {said(error)}")


def watch_begun(
    begun: Begun, state: SleepState, *, resident: bool, following: Following | None
) -> NoReturn:
    """Watch what has just begun.

    Args:
        begun: The program.
        state: What is known of the run.
        resident: Never sleep.
        following: Its children are watched too, which needs us to stay.
    """
    watch = _watch(_asked(state), state)
    stay = _stay(watch, state) if resident else None
    if stay is not None and following is not None:
        _let_in_children(watch, state, following, stay)
    watch.adopt(begun)
    for message in state.messages:
        watch.hear(message)
    _go_on(watch, state, stay)


def _let_in_children(
    watch: Watch, state: SleepState, following: Following, stay: Stay
) -> None:
    """Have the program's children watched too, and reported as they end."""
    from crashwatch.cli.child_reports import ChildReports  # noqa: PLC0415

    asked = _asked(state)
    reports = ChildReports(
        lambda: _session(asked, state),
        lambda session: start_of(state, session),
        asked.command[1:],
        stay,
    )
    following.on_child = reports.add
    following.on_leave = reports.tell_beyond
    watch.following = following


def end_watched(state: SleepState, status: int) -> NoReturn:
    """The program ended before there was anything to watch; options want more."""
    import resource  # noqa: PLC0415 -- only here

    from crashwatch.supervisor.ending import Ending  # noqa: PLC0415

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    ending = Ending(status, usage, None, [], out_of_memory=False)
    finish(ending, state, _told_only(state))


def _told_only(state: SleepState) -> Stay:
    """One that was not there meanwhile: the build server is told all the same."""
    from crashwatch.cli.stay import Stay  # noqa: PLC0415

    return Stay(_asked(state), state.began, state.started_ns)


def _stay(watch: Watch, state: SleepState) -> Stay:
    """What is looked at by a launcher that stays."""
    from crashwatch.cli.stay import Stay  # noqa: PLC0415

    stay = Stay(_asked(state), state.began, state.started_ns)
    stay.look_at(watch, lambda standing: _report_of(standing, state))
    watch.on_standstill = lambda standing: _on_standstill(standing, state, stay)
    return stay


def _report_of(watch: Watch, state: SleepState) -> Finding | None:
    from crashwatch.cli.hang import report_standstill  # noqa: PLC0415

    asked = _asked(state)
    session = _session(asked, state)
    if not session.may_capture():
        return None
    arguments = asked.command[1:]
    return report_standstill(watch, session, start_of(state, session), arguments)


def begin_traced(
    inherited: Inherited,
    state: SleepState,
    injected: str | None,
    *,
    write_seconds: float,
    shared: tuple[int, ...],
    following: Following | None,
) -> tuple[Begun, Callable[[], NoReturn]]:
    """Start a terminal with a tracer beside it; with it, what stays until its end."""
    from crashwatch.supervisor.traced import TracedWatch  # noqa: PLC0415

    asked = _asked(state)
    watch = _watch(asked, state)
    watch.inherited = inherited
    watch.write_seconds = write_seconds
    watch.shared = shared
    path = os.fsdecode(state.path)
    stay = _stay(watch, state) if asked.stays or following is not None else None
    if stay is not None and following is not None:
        _let_in_children(watch, state, following, stay)
    traced = TracedWatch(watch, _read_traced)
    begun = traced.start(path, list(asked.command), injected)

    def see_through() -> NoReturn:
        ending = traced.see_through(begun)
        state.page = shared[0] if shared else -1
        finish(ending, state, stay)

    return begun, see_through


def _go_on(watch: Watch, state: SleepState, stay: Stay | None = None) -> NoReturn:
    while stay is None:
        watch.settle()
        if not watch.may_sleep:
            break
        watch.fill(state)
        try:
            fall_asleep(state, ALARM, environment_at_exec())
        except CannotSleepError:
            break
    finish(watch.until_gone(), state, stay)


def _watch(asked: RunArguments, state: SleepState) -> Watch:
    watch = Watch(
        None,
        _read,
        may_capture=lambda: _session(asked, state).may_capture(),
    )
    watch.period_ms = state.period_ms
    watch.on_standstill = lambda standing: _on_standstill(standing, state)
    return watch


def _asked(state: SleepState) -> RunArguments:
    return parse_run_arguments([os.fsdecode(word) for word in state.arguments])


def _session(asked: RunArguments, state: SleepState) -> Session:
    """Settings and consent as they are now."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from crashwatch.cli.session import is_headless, open_session  # noqa: PLC0415

    began = datetime.fromtimestamp(state.began, UTC)
    return open_session(
        headless_since=began if asked.headless or is_headless() else None
    )


def finish(ending: Ending, state: SleepState, stay: Stay | None = None) -> NoReturn:
    """Report what is worth it, and end like the terminal."""
    if state.counts:
        _count(ending, state)
    if stay is not None:
        stay.note_end()
    leaves = stay is not None and (stay.asked.stays or bool(stay.kept))
    if not (ending.is_worth_a_look or leaves):
        end_like(ending.status)
    try:
        if stay is None and is_on(os.environ, "GITHUB_ACTIONS"):
            stay = _told_only(state)
            stay.note_end()
        # Loaded only now: nothing wrong in it can keep the program from starting.
        from crashwatch.cli.after_crash import deal_with  # noqa: PLC0415

        asked = _asked(state)
        session = _session(asked, state)
        attributes = tty_attributes(state.tty)
        start = start_of(state, session)
        deal_with(ending, start, session, asked, attributes, stay)
    except Exception as error:
        hint = getattr(error, "hint", "")
        complain(f"the report was lost: {said(error)}", hint)
    if leaves:
        from crashwatch.cli.homeless import give_back  # noqa: PLC0415

        give_back()
    end_like(ending.status if stay is None else stay.status_after(ending.status))


def _count(ending: Ending, state: SleepState) -> None:
    """Count how it went; somebody else gathers what was counted."""
    try:
        from crashwatch.cli import counted_end  # noqa: PLC0415
        from crashwatch.supervisor.run_page import ready_at  # noqa: PLC0415

        began = state.started_ns
        ready = ready_at(state.page) if state.page >= 0 else 0
        facts = counted_end.RunFacts(
            seconds=(time.monotonic_ns() - began) / 1e9,
            start_up_ms=(ready - began) // 1_000_000 if ready else None,
            peak_kib=ending.usage.ru_maxrss,
            cpu_ms=round(1000 * (ending.usage.ru_utime + ending.usage.ru_stime)),
            hangs=state.hangs,
        )
        counted_end.note_ending(_session(_asked(state), state), facts)
        counted_end.start_gathering()
    except Exception as error:
        complain(f"what was counted may be late: {said(error)}")


def start_of(state: SleepState, session: Session) -> Start:
    """How the program was started, as reports tell it."""
    from crashwatch.supervisor.evidence_of import Start  # noqa: PLC0415
    from crashwatch.supervisor.program import examine  # noqa: PLC0415

    path = os.fsdecode(state.path)
    asked = _asked(state)
    program = examine(path, list(asked.command[1:]))
    return Start(
        path=path,
        program=program,
        folder=os.fsdecode(state.folder),
        home=os.environ.get("HOME", ""),
        release=session.configuration.release,
        app_roots=(*session.configuration.app_roots, *asked.app_roots),
        thread_names=session.configuration.thread_names,
        injected=state.hold_number >= 0,
    )


def _read(process: Frozen, crashed_tid: int, announced: int) -> object:
    """Read a frozen process; the readers are loaded only where there was a crash."""
    from crashwatch.supervisor.frozen_reading import read_frozen  # noqa: PLC0415

    return read_frozen(process, crashed_tid, announced)


def _read_traced(
    process: StoppedThreads, crashed_tid: int, requests: ThreadRegisters
) -> object:
    """The same, for a process that is traced."""
    from crashwatch.supervisor.frozen_reading import read_traced  # noqa: PLC0415

    return read_traced(process, crashed_tid, requests)
