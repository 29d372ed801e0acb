"""``crashwatch run``: start the program, and sleep until there is something to do.

Whatever is wrong with crashwatch itself (its settings, its folder, a full disk) is told
in one line and the program runs all the same: we are guests. The person waits for the
program meanwhile, so nothing is loaded here that a start does not need; what happens
after it is ``cli.wake``'s.
"""

from __future__ import annotations

import os
import sys
import time

from crashwatch.cli.complaint import complain, said
from crashwatch.cli.places import ALARM, INJECTED
from crashwatch.cli.run_arguments import USAGE, parse_run_arguments
from crashwatch.errors import CannotWatchError, CrashwatchError
from crashwatch.supervisor.inherited import read_inherited
from crashwatch.supervisor.launch import exec_bare, find_program

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Each of these would cost the start of every terminal some 5 ms.
    import signal
    from typing import NoReturn

    from crashwatch.cli.run_arguments import RunArguments
    from crashwatch.cli.usual_start import StartSettings
    from crashwatch.supervisor.begin import Begun
    from crashwatch.supervisor.following import Following
    from crashwatch.supervisor.inherited import Inherited
    from crashwatch.supervisor.sleep_state import SleepState
else:
    import _signal as signal

_FEWEST_FILES = 10
"""Descriptors without which not even what a watch needs can be loaded."""


def main(arguments: list[str]) -> NoReturn:
    """Run a program; exits as it did."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Before the program runs Ctrl-C must end us as it would end the program: by
        # the signal, without a traceback. A shell's loop goes on after an exit 130.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    inherited = read_inherited()
    try:
        _run(parse_run_arguments(arguments), arguments, inherited)
    except CrashwatchError as error:
        complain(str(error), error.hint)
        sys.exit(error.exit_status)


def _run(asked: RunArguments, arguments: list[str], inherited: Inherited) -> NoReturn:
    if asked.help:
        _show_usage()
    path = find_program(asked.command[0], os.environ.get("PATH", os.defpath))
    if asked.repeat or asked.until_crash:
        from crashwatch.cli.hunt import hunt  # noqa: PLC0415

        hunt(asked)
    if asked.artifacts and not asked.no_telemetry:
        _lend_home(asked)
    settings = None if asked.no_telemetry else _settings(asked)
    if settings is not None:
        _start_upkeep()
        _tell_unasked(asked)
    mode = "off" if settings is None else asked.capture or settings.capture
    if settings is None or mode == "off" or not settings.may_capture:
        # Nor is it watched by a run around this one that follows its children.
        inherited.environment.pop(b"CRASHWATCH_CHILDREN", None)
        _run_unwatched(asked, inherited, path)
    try:
        _supervise(asked, arguments, inherited, settings, path)
    except CannotWatchError as error:
        complain(f"{error}; it runs unwatched")
        _run_unwatched(asked, inherited, path)


def _show_usage() -> NoReturn:
    status = 0
    try:
        sys.stdout.write(USAGE)
        sys.stdout.flush()
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            complain(error.strerror or said(error))
        status = 1
    # The interpreter's own end would try, and complain, once more.
    os._exit(status)


def _run_unwatched(asked: RunArguments, inherited: Inherited, path: str) -> NoReturn:
    """Become the program."""
    _tell_left_out(asked)
    _give_back_home(asked)
    exec_bare(path, list(asked.command), inherited)


def _tell_left_out(asked: RunArguments) -> None:
    """An unwatched program has nobody beside it to keep to these options."""
    if left_out := asked.needs_watching():
        complain(f"unwatched, it runs without {', '.join(left_out)}")


def _lend_home(asked: RunArguments) -> None:
    """Where there is no home, the files of ``--artifacts`` need one for a while."""
    from crashwatch.cli.homeless import lend_home  # noqa: PLC0415

    try:
        if why := lend_home(os.environ):
            complain(f"{why}: reports are kept in {asked.artifacts} only")
    except OSError:
        pass  # ``_settings`` says what is missing


def _give_back_home(asked: RunArguments) -> None:
    if asked.artifacts:
        from crashwatch.cli.homeless import give_back  # noqa: PLC0415

        give_back()


def _settings(asked: RunArguments) -> StartSettings | None:
    """Settings and consent; None, and one line why, where they cannot be used."""
    try:
        from crashwatch.cli.usual_start import start_settings  # noqa: PLC0415

        return start_settings(headless=asked.headless)
    except Exception as error:
        hint = getattr(error, "hint", "")
        complain(f"{said(error)}; the program runs unwatched. {hint}".rstrip())
        return None


def _start_upkeep() -> None:
    """Beside the program, where it is due: see ``crashwatch.cli.detached``."""
    from crashwatch.cli.usual_start import home_of, upkeep_may_be_due  # noqa: PLC0415

    if not upkeep_may_be_due(os.environ):
        return
    try:
        from crashwatch.cli.detached import start_upkeep_if_due  # noqa: PLC0415

        start_upkeep_if_due(home_of(os.environ))
    except Exception as error:
        complain(f"what was kept was not looked through: {said(error)}")


def _tell_unasked(asked: RunArguments) -> None:
    """One line before the program, about reports nobody could be asked about."""
    from crashwatch.cli.usual_start import somebody_was_not_asked  # noqa: PLC0415

    if asked.headless or not somebody_was_not_asked(os.environ) or not os.isatty(2):
        return
    try:
        from crashwatch.cli.session import is_headless, open_session  # noqa: PLC0415
        from crashwatch.cli.unasked import tell_unasked  # noqa: PLC0415

        if not is_headless():
            tell_unasked(open_session().home)
    except Exception as error:
        complain(f"what waits was not looked through: {said(error)}")


def _supervise(
    asked: RunArguments,
    arguments: list[str],
    inherited: Inherited,
    settings: StartSettings,
    path: str,
) -> NoReturn:
    """Start the program and watch it.

    Raises:
        CannotWatchError: Nothing was started.
    """
    if 0 <= os.sysconf("SC_OPEN_MAX") < _FEWEST_FILES:
        raise CannotWatchError("too few open files are allowed (ulimit -n)")
    before = _Before()
    settings.hang_seconds = asked.hang_after or settings.hang_seconds
    arms, traces = _way(asked, settings, path)
    injected = INJECTED if arms else None
    shared = _shared(asked, settings, before) if arms else ()
    following = _following(asked, settings, inherited)
    resident = asked.resident or settings.resident or asked.stays
    resident = resident or following is not None
    if traces:
        from crashwatch.cli.wake import begin_traced  # noqa: PLC0415

        state = _remembered(before, arguments, path, settings)
        seconds = settings.hold_write_seconds
        begun, see_through = begin_traced(
            inherited,
            state,
            injected,
            write_seconds=seconds,
            shared=shared,
            following=following,
        )
        with _SeenToItsEnd(begun):
            see_through()
    from crashwatch.supervisor.begin import begin, linger  # noqa: PLC0415

    begun = begin(
        path,
        list(asked.command),
        inherited,
        injected=injected,
        write_seconds=settings.hold_write_seconds,
        shared=shared,
        follow=following.variables if following is not None else None,
    )
    with _SeenToItsEnd(begun):
        for descriptor in shared[1:]:
            os.close(descriptor)  # only the terminal counts
        lingered = linger(begun, collects=following is None)
        if lingered.status is not None and not asked.stays:
            _end_like(begun, lingered.status)
        state = _remembered(before, arguments, path, settings)
        state.messages = tuple(lingered.messages)
        if lingered.status is not None:
            _end_with_files(begun, state, lingered.status)
        if not (lingered.busy or resident):
            resident = not _sleep(begun, state, inherited)
        from crashwatch.cli.wake import watch_begun  # noqa: PLC0415

        watch_begun(begun, state, resident=resident, following=following)


class _SeenToItsEnd:
    """Whatever of ours fails in the block, the program runs on, and we end like it."""

    def __init__(self, begun: Begun) -> None:
        self._begun = begun

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        if isinstance(error, BaseException):
            from crashwatch.cli.seen_out import see_out  # noqa: PLC0415

            see_out(self._begun, error)


def _end_like(begun: Begun, status: int) -> NoReturn:
    from crashwatch.supervisor.begin import end_pages  # noqa: PLC0415
    from crashwatch.supervisor.own_end import end_like  # noqa: PLC0415

    end_pages(begun)
    end_like(status)


def _end_with_files(begun: Begun, state: SleepState, status: int) -> NoReturn:
    from crashwatch.cli.wake import end_watched  # noqa: PLC0415
    from crashwatch.supervisor.begin import end_pages  # noqa: PLC0415

    end_pages(begun)
    end_watched(state, status)


def _sleep(begun: Begun, state: SleepState, inherited: Inherited) -> bool:
    """Sleep, if that is possible here; returns only where it is not."""
    from crashwatch.supervisor.begin import fill_begun  # noqa: PLC0415
    from crashwatch.supervisor.sleeper import (  # noqa: PLC0415
        CannotSleepError,
        fall_asleep,
    )

    fill_begun(state, begun)
    try:
        fall_asleep(state, ALARM, inherited.environment)
    except CannotSleepError:
        return False
    return True


def _following(
    asked: RunArguments, settings: StartSettings, inherited: Inherited
) -> Following | None:
    """What lets the program's children come in, where they are watched too."""
    if not (asked.follow_children or settings.follow_children):
        return None
    from crashwatch.supervisor.following import Following  # noqa: PLC0415

    try:
        return Following(inherited.environment, os.fsencode(INJECTED))
    except OSError as error:
        complain(f"children are not watched: {said(error)}")
        return None


def _shared(
    asked: RunArguments, settings: StartSettings, before: _Before
) -> tuple[int, ...]:
    """The run's page; with consent to anything counted the flags and counters too."""
    try:
        from crashwatch.supervisor.run_page import make_run_page  # noqa: PLC0415

        shared: tuple[int, ...] = (make_run_page(),)
    except OSError:
        return ()
    if not settings.may_count:
        return shared
    try:
        from crashwatch.cli.counted_run import prepare  # noqa: PLC0415
        from crashwatch.cli.usual_start import session_of  # noqa: PLC0415

        granted = prepare(settings.session or session_of(headless=asked.headless))
    except Exception as error:
        complain(f"nothing is counted: {said(error)}")
        return shared
    if granted is None:
        return shared
    before.counts = True
    return (*shared, granted.flags, granted.counters)


class _Before:
    """What has to be looked at before the program starts: it may change it."""

    def __init__(self) -> None:
        self.folder = _folder()
        self.attributes = _attributes()
        self.began = int(time.time())
        self.started_ns = time.monotonic_ns()
        self.counts = False


def _remembered(
    before: _Before, arguments: list[str], path: str, settings: StartSettings
) -> SleepState:
    """What the next ones have to know of the run."""
    from crashwatch.supervisor.sleep_state import (  # noqa: PLC0415
        SleepState,
        tty_text,
    )

    state = SleepState()
    state.arguments = tuple(map(os.fsencode, arguments))
    state.path = os.fsencode(path)
    state.folder = os.fsencode(before.folder)
    state.tty = tty_text(before.attributes)
    state.began = before.began
    state.started_ns = before.started_ns
    state.counts = int(before.counts)
    seconds = settings.hang_seconds
    state.period_ms = int(seconds * 1000) if seconds else -1
    return state


def _folder() -> str:
    """Where we are; empty in a folder that was removed, where programs run as well."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def _attributes() -> list[object] | None:
    """Those of the terminal to come back to, as ``prompts.tty_state.save`` does."""
    if not os.isatty(0):
        return None
    import termios  # noqa: PLC0415 -- an extension, for terminals only

    try:
        return list(termios.tcgetattr(0))
    except termios.error:
        return None


def _way(asked: RunArguments, settings: StartSettings, path: str) -> tuple[bool, bool]:
    """Whether the client goes along, and whether a tracer does."""
    from crashwatch.supervisor.program import examine  # noqa: PLC0415

    program = examine(path, list(asked.command[1:]))
    mode = asked.capture or settings.capture
    if mode != "trace" and not settings.trace_native:
        return program.can_be_armed, False
    from crashwatch.cli.capture_choice import choose  # noqa: PLC0415
    from crashwatch.supervisor.own_rights import may_be_traced  # noqa: PLC0415

    choice = choose(
        mode,
        program.kind,
        trace_native=settings.trace_native,
        may_be_traced=may_be_traced(path),
    )
    return choice.arms, choice.traces
