"""``crashwatch run``: start the program, watch it, keep what explains its crash.

Whatever is wrong with crashwatch itself (its settings, its folder, a full disk) is told
in one line and the program runs all the same: we are guests.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

from crashwatch.cli.run_arguments import USAGE, RunArguments, parse_run_arguments
from crashwatch.errors import CrashwatchError
from crashwatch.supervisor.inherited import Inherited, read_inherited
from crashwatch.supervisor.launch import exec_bare, find_program

if TYPE_CHECKING:
    from collections.abc import Callable
    from resource import struct_rusage

    from crashwatch.cli.capture_choice import Choice
    from crashwatch.cli.session import Session
    from crashwatch.linux.freeze import Frozen
    from crashwatch.linux.sources import StoppedThreads, ThreadRegisters
    from crashwatch.supervisor.program import Program
    from crashwatch.supervisor.watch import Ending, Watch


def main(arguments: list[str]) -> NoReturn:
    """Run a program; exits as it did."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Before the program runs Ctrl-C must end us as it would end the program: by
        # the signal, without a traceback. A shell's loop goes on after an exit 130.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    inherited = read_inherited()
    try:
        _run(parse_run_arguments(arguments), inherited)
    except CrashwatchError as error:
        complain(str(error), error.hint)
        sys.exit(error.exit_status)


def complain(message: str, hint: str = "") -> None:
    """One line for the person, and the next step where there is one."""
    from crashwatch.prompts.screen_text import escaped  # noqa: PLC0415

    if sys.stderr is None:
        return
    sys.stderr.write(f"crashwatch: {escaped(message)}\n")
    if hint:
        sys.stderr.write(f"  {escaped(hint)}\n")


def _run(asked: RunArguments, inherited: Inherited) -> NoReturn:
    if asked.help:
        sys.stdout.write(USAGE)
        sys.exit(0)
    name, *rest = asked.command
    path = find_program(name, os.environ.get("PATH", os.defpath))
    session = None if asked.no_telemetry else _session(asked)
    if session is not None:
        _start_upkeep(session)
    if session is None or _is_off(asked, session):
        exec_bare(path, [name, *rest], inherited)
    _supervise(asked, inherited, session, path)


def _session(asked: RunArguments) -> Session | None:
    """Settings and consent; None, and one line why, where they cannot be used."""
    try:
        from crashwatch.cli.session import is_headless, open_session  # noqa: PLC0415

        since = datetime.now(UTC) if asked.headless or is_headless() else None
        return open_session(headless_since=since)
    except Exception as error:
        hint = getattr(error, "hint", "")
        complain(f"{_said(error)}; the program runs unwatched. {hint}".rstrip())
        return None


def _start_upkeep(session: Session) -> None:
    """Beside the program, where it is due: see ``crashwatch.cli.detached``."""
    home = session.home
    if not (home.reports.is_dir() or home.usage.is_dir() or home.deletion.is_dir()):
        return
    try:
        from crashwatch.cli.detached import start_upkeep_if_due  # noqa: PLC0415

        start_upkeep_if_due(home)
    except Exception as error:
        complain(f"what was kept was not looked through: {_said(error)}")


def _said(error: Exception) -> str:
    """An error of ours says itself; of any other the kind must be told too."""
    from reports.errors import ReportsError  # noqa: PLC0415

    if isinstance(error, CrashwatchError | ReportsError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _folder() -> str:
    """Where we are; empty in a folder that was removed, where programs run as well."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def _is_off(asked: RunArguments, session: Session) -> bool:
    """Whether nothing may be captured; then the program is not even watched."""
    mode = asked.capture or session.configuration.capture
    return mode == "off" or not session.may_capture()


def _supervise(
    asked: RunArguments, inherited: Inherited, session: Session, path: str
) -> NoReturn:
    from crashwatch.prompts import tty_state  # noqa: PLC0415
    from crashwatch.supervisor.own_end import end_like  # noqa: PLC0415
    from crashwatch.supervisor.program import examine  # noqa: PLC0415
    from crashwatch.supervisor.watch import Watch  # noqa: PLC0415

    arguments = list(asked.command)
    program = examine(path, arguments[1:])
    folder = _folder()
    attributes = tty_state.save(0)
    choice = _choice(asked, session, path, program)
    injected = injected_folder() if choice.arms else None
    counted = _CountedRun(session) if choice.arms else None
    watch = Watch(
        inherited,
        _read,
        write_seconds=session.configuration.hold_write_seconds,
        shared=counted.shared if counted else (),
    )
    run = _traced(watch) if choice.traces else watch.run
    ending = run(path, arguments, injected)
    if counted is not None:
        counted.note(ending.usage)
    if not ending.is_worth_a_look:
        end_like(ending.status)
    try:
        # Loaded only now: nothing wrong in it can keep the program from starting.
        from crashwatch.cli.after_crash import deal_with  # noqa: PLC0415
        from crashwatch.supervisor.evidence_of import Start  # noqa: PLC0415

        start = Start(
            path=path,
            program=program,
            folder=folder,
            home=os.environ.get("HOME", ""),
            release=session.configuration.release,
            app_roots=session.configuration.app_roots,
            thread_names=session.configuration.thread_names,
            injected=injected is not None,
        )
        deal_with(ending, start, session, asked, attributes)
    except Exception as error:
        complain(f"the report was lost: {_said(error)}")
    end_like(ending.status)


class _CountedRun:
    """What a run shares with its terminal, and what is counted at its end.

    Attributes:
        shared: The run's page; with consent to anything counted the flags page and
            the counter file too.
    """

    def __init__(self, session: Session) -> None:
        self.shared: tuple[int, ...] = ()
        self._session = session
        self._counts = False
        self._started = time.monotonic_ns()
        try:
            from crashwatch.cli.counted_run import prepare  # noqa: PLC0415
            from crashwatch.supervisor.run_page import make_run_page  # noqa: PLC0415

            self.shared = (make_run_page(),)
            granted = prepare(session)
            if granted is not None:
                self.shared += (granted.flags, granted.counters)
                self._counts = True
        except Exception as error:
            complain(f"nothing is counted: {_said(error)}")

    def note(self, usage: struct_rusage) -> None:
        """Count how it went; somebody else gathers what was counted."""
        for descriptor in self.shared[1:]:
            os.close(descriptor)
        if not self._counts:
            return
        try:
            from crashwatch.cli import counted_end  # noqa: PLC0415
            from crashwatch.supervisor.run_page import ready_at  # noqa: PLC0415

            ready = ready_at(self.shared[0])
            facts = counted_end.RunFacts(
                seconds=(time.monotonic_ns() - self._started) / 1e9,
                start_up_ms=(ready - self._started) // 1_000_000 if ready else None,
                peak_kib=usage.ru_maxrss,
                cpu_ms=round(1000 * (usage.ru_utime + usage.ru_stime)),
            )
            counted_end.note_ending(self._session, facts)
            counted_end.start_gathering()
        except Exception as error:
            complain(f"what was counted may be late: {_said(error)}")


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


def _traced(watch: Watch) -> Callable[[str, list[str], str | None], Ending]:
    from crashwatch.supervisor.traced import TracedWatch  # noqa: PLC0415

    return TracedWatch(watch, _read_traced).run


def _choice(
    asked: RunArguments, session: Session, path: str, program: Program
) -> Choice:
    from crashwatch.cli.capture_choice import choose  # noqa: PLC0415
    from crashwatch.supervisor.own_rights import may_be_traced  # noqa: PLC0415

    settings = session.configuration
    return choose(
        asked.capture or settings.capture,
        program.kind,
        trace_native=settings.trace_native,
        may_be_traced=may_be_traced(path),
    )


def injected_folder() -> str:
    """The folder of our ``sitecustomize``."""
    import crashwatch.client  # noqa: PLC0415

    return os.path.join(os.path.dirname(crashwatch.client.__file__), "injected")
