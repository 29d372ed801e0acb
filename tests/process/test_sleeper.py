"""The launcher asleep: what wakes it, what it survives, and where it cannot sleep."""

import contextlib
import json
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.doubles.command_line import HERE, crashwatch, environment
from tests.doubles.installed_copy import installed_copy
from tests.doubles.requirement import require
from tests.doubles.sleeping_launcher import program_of, wait_until_asleep
from tests.doubles.stored_bytes import plain
from tests.doubles.target_program import TargetProgram, run_to_end, running, supervised

pytestmark = [pytest.mark.process, pytest.mark.slow]

COUNTS = """
import os, signal, sys
def tell(number, _):  # print is not for a handler that another may interrupt
    os.write(1, signal.Signals(number).name.encode() + b"\\n")
for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP):
    signal.signal(number, tell)
print("ready", flush=True)
while True:
    signal.pause()
"""
CRASHES = """
import ctypes, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
print("ready", flush=True)
signal.sigwait({signal.SIGUSR1})
ctypes.string_at(0)
"""
DEEP = """
import ctypes, faulthandler, signal
signal.pthread_sigmask(signal.SIG_BLOCK, {{signal.SIGUSR1}})
faulthandler.enable(open({own!r}, "w"), all_threads=False)
def dive(depth):
    return dive(depth - 1) if depth > 1 else ctypes.string_at(0)
print("ready", flush=True)
signal.sigwait({{signal.SIGUSR1}})
dive(60)
"""
EXITS = """
import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
print("ready", flush=True)
signal.sigwait({signal.SIGUSR1})
sys.exit(7)
"""


@contextlib.contextmanager
def asleep(
    script: str, where: dict[str, str], python: str = sys.executable
) -> Iterator[TargetProgram]:
    words = [python, "-m", "crashwatch", "run", "--headless", "--"]
    command = [*words, sys.executable, "-c", script]
    # Elsewhere: "-m" looks for crashwatch in the working directory first.
    with running(command, environment=where, directory=Path("/")) as program:
        program.wait_for_text("ready\n")
        wait_until_asleep(program)
        yield program


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """crashwatch, installed where it can be changed and removed."""
    return installed_copy(tmp_path / "installed")


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """An interpreter that can be removed: a virtual environment without packages."""
    folder = tmp_path / "interpreter"
    make = [sys.executable, "-m", "venv", "--without-pip", "--system-site-packages"]
    subprocess.run([*make, str(folder)], check=True)
    return folder / "bin" / "python"


def only_here(*folders: str | Path) -> dict[str, str]:
    """An environment in which crashwatch is found in these folders alone."""
    packages = [path for path in sys.path if path.endswith("site-packages")]
    paths = [*map(str, folders), *packages]
    return environment(PYTHONPATH=os.pathsep.join(paths))


def remove(copy: Path) -> None:
    shutil.rmtree(copy)


def upgrade(copy: Path) -> None:
    file = copy / "crashwatch" / "supervisor" / "sleep_state.py"
    text = file.read_text(encoding="utf-8")
    assert "crashwatch sleep 1" in text
    file.write_text(text.replace("crashwatch sleep 1", "crashwatch sleep 2"))


def spoil(copy: Path) -> None:
    (copy / "crashwatch" / "cli" / "wake.py").write_text("import nowhere_to_be_found")


CHANGES = pytest.mark.parametrize("change", [remove, upgrade, spoil])


def slow_down(copy: Path) -> None:
    """As from a cold disk: longer than the guard of the hold waits."""
    module = copy / "crashwatch/cli/wake.py"
    module.write_text(module.read_text() + "\ntime.sleep(4)\n")


def slow_interpreter(python: Path) -> None:
    """The same for the interpreter itself: not one line of Python runs for so long."""
    put_before(python, "import time; time.sleep(4)")


def put_before(python: Path, line: str) -> None:
    """Something that happens each time before this interpreter starts."""
    real = python.resolve()
    python.unlink()
    python.write_text(
        f"#!{real} -ISP\nimport os, signal, sys\n{line}\n"
        f"os.execv({str(real)!r}, sys.argv)\n"
    )
    python.chmod(0o755)


def terminal_of(program: TargetProgram) -> int:
    return program_of(program.pid, "python")


def test_it_wakes_for_each_signal_and_sleeps_again() -> None:
    with asleep(COUNTS, environment()) as program:
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP, signal.SIGUSR1):
            before = len(program.output)
            program.send_signal(number)
            program.wait_for_text(f"{number.name}\n", since=before)
            wait_until_asleep(program)
        program.send_signal(signal.SIGTERM)
        ending = program.wait_for_end()
    assert ending.fate == "SIGTERM"
    assert ending.output.split() == b"ready SIGUSR1 SIGUSR2 SIGHUP SIGUSR1".split()
    assert ending.errors == b""


@CHANGES
@pytest.mark.parametrize(
    ("script", "fate"), [(EXITS, "exit 7"), (CRASHES, "SIGSEGV")], ids=["exit", "crash"]
)
def test_changed_on_the_disk_while_asleep_it_keeps_the_fate(
    change: Callable[[Path], None], script: str, fate: str, copy: Path, python: Path
) -> None:
    with asleep(script, only_here(copy), str(python)) as program:
        change(copy)
        os.kill(terminal_of(program), signal.SIGUSR1)
        ending = program.wait_for_end()
    assert ending.fate == fate
    (line,) = ending.errors.decode().splitlines()
    assert line.startswith("crashwatch: no report can be made (")


@pytest.mark.parametrize("module", ["cli/wake.py", "cli/stay.py"])
def test_one_that_does_not_sleep_keeps_the_fate_where_it_cannot_load_the_rest(
    module: str, copy: Path
) -> None:
    (copy / "crashwatch" / module).write_text("import nowhere_to_be_found")
    command = [sys.executable, "-c", "print('it ran'); raise SystemExit(7)"]
    ending = run_to_end(
        supervised(command, "--resident"),
        environment=only_here(copy),
        directory=Path("/"),
    )
    assert (ending.fate, ending.output) == ("exit 7", b"it ran\n")
    assert ending.errors.decode().splitlines() == [
        (
            "crashwatch: no report can be made "
            "(ModuleNotFoundError: No module named 'nowhere_to_be_found')"
        )
    ]


@pytest.mark.parametrize("what", ["crashwatch", "interpreter"])
def test_however_long_it_takes_to_load_the_crash_is_read(
    what: str, copy: Path, python: Path, crashwatch_home: Path, tmp_path: Path
) -> None:
    own = tmp_path / "its own traceback"
    script = DEEP.format(own=str(own))
    with asleep(script, only_here(copy), str(python)) as program:
        if what == "crashwatch":
            slow_down(copy)
        else:
            slow_interpreter(python)
        os.kill(terminal_of(program), signal.SIGUSR1)
        assert program.wait_for_end().fate == "SIGSEGV"
    (file,) = crashwatch_home.glob("reports/pending/*/report.json.zst")
    sources = json.loads(plain(file))["capture"]["sources"]
    assert {"ptrace", "faulthandler"} <= set(sources)
    told = own.read_text().split("Extension modules")[0].splitlines()
    assert "in <module>" in told[-1] or "in <module>" in told[-2], told
    assert sum("in dive" in line for line in told) == 60


def test_an_interpreter_that_never_comes_keeps_nobody_from_dying(
    copy: Path, python: Path
) -> None:
    """The guard gives it twenty seconds (here one), then lets the terminal go."""
    guard = copy / "crashwatch/supervisor/hold_guard.py"
    text = guard.read_text()
    assert "MORE_SECONDS: Final = 20\n" in text
    guard.write_text(
        text.replace("MORE_SECONDS: Final = 20", "MORE_SECONDS: Final = 1")
    )
    with asleep(CRASHES, only_here(copy), str(python)) as program:
        put_before(python, "os.kill(os.getpid(), signal.SIGSTOP)")
        terminal = os.pidfd_open(terminal_of(program))
        signal.pidfd_send_signal(terminal, signal.SIGUSR1)
        assert program.wait_until_stopped() == signal.SIGSTOP
        assert select.select([terminal], [], [], 60)[0], "it is held for ever"
        os.close(terminal)
        program.send_signal(signal.SIGCONT)
        assert program.wait_for_end().fate == "SIGSEGV"


def test_removed_while_asleep_it_passes_signals_on_and_stops(
    copy: Path, python: Path
) -> None:
    with asleep(COUNTS, only_here(copy), str(python)) as program:
        remove(copy)
        terminal = terminal_of(program)
        program.send_signal(signal.SIGUSR1)
        program.wait_for_text("SIGUSR1\n")
        os.kill(terminal, signal.SIGSTOP)
        assert program.wait_until_stopped() == signal.SIGSTOP
        program.send_signal(signal.SIGCONT)
        os.kill(terminal, signal.SIGCONT)
        program.send_signal(signal.SIGUSR2)
        program.wait_for_text("SIGUSR2\n")
        program.send_signal(signal.SIGTERM)
        ending = program.wait_for_end()
    assert ending.fate == "SIGTERM"
    assert ending.output.split() == b"ready SIGUSR1 SIGUSR2".split()


@pytest.mark.parametrize(
    ("script", "fate"), [(EXITS, "exit 7"), (CRASHES, "SIGSEGV")], ids=["exit", "crash"]
)
def test_without_an_interpreter_the_machine_code_keeps_the_fate(
    script: str, fate: str, python: Path
) -> None:
    """Of a crash too: it is let go at once, and dies its own death."""
    with asleep(script, only_here(HERE), str(python)) as program:
        shutil.rmtree(python.parent)
        os.kill(terminal_of(program), signal.SIGUSR1)
        ending = program.wait_for_end()
    assert ending.fate == fate
    assert not os.WCOREDUMP(ending.wait_status)


def nearly_full(left: int) -> dict[str, str]:
    """An environment that leaves execve(2) so many bytes for everything else."""
    limit = resource.getrlimit(resource.RLIMIT_STACK)[0]
    room = 6 << 20 if limit == resource.RLIM_INFINITY else min(limit // 4, 6 << 20)
    where = environment()
    room -= left + sum(len(f"{name}={value}") + 9 for name, value in where.items())
    for number in range(room // 100_000):
        where[f"LARGE_{number:05}"] = "x" * (100_000 - 21)
    where["LARGE_rest_"] = "x" * (room % 100_000)
    return where


@pytest.mark.parametrize("left", [100_000, 12_000, 1_000])
def test_a_large_environment(left: int, crashwatch_home: Path) -> None:
    """It must fit with what we add; where it does not, we stay, or stay out."""
    script = "import os, time, ctypes; print(sum(map(len, os.environ.values())),"
    script += " flush=True); time.sleep(0.3); ctypes.string_at(0)"
    plain = [sys.executable, "-c", script]
    where = nearly_full(left)
    alone = run_to_end(plain, environment=where)
    watched = run_to_end(supervised(plain, "--headless"), environment=where)
    assert (watched.fate, watched.output) == (alone.fate, alone.output)
    assert alone.fate == "SIGSEGV"
    assert watched.errors == b""
    assert list(crashwatch_home.glob("reports/pending/*/report.json.zst"))


def test_many_arguments() -> None:
    words = [f"{number:01000}" for number in range(1500)]
    script = "import sys, time; print(len(sys.argv)); time.sleep(0.2); sys.exit(3)"
    ending = run_to_end(supervised([sys.executable, "-c", script, *words]))
    assert (ending.fate, ending.output) == ("exit 3", b"1501\n"), ending.errors


def in_a_namespace_without_executable_memory(*command: str | Path) -> list[str | Path]:
    require(shutil.which("unshare"), "unshare is missing", "apt-get install util-linux")
    knob = Path("/proc/sys/vm/memfd_noexec")
    allowed = knob.exists() and os.geteuid() == 0
    require(allowed, "vm.memfd_noexec cannot be set", "Linux 6.3 as root")
    script = f'echo 2 >{knob} && exec "$@"'
    return ["unshare", "--pid", "--fork", "--", "sh", "-c", script, "-", *command]


@pytest.mark.parametrize("script", ["exit 7", "kill -TERM $$"])
def test_where_memory_may_not_be_executed_it_stays(script: str) -> None:
    plain = ["sh", "-c", f"sleep 0.2; {script}"]
    command = in_a_namespace_without_executable_memory(
        "sh", "-c", '"$@"; echo $?', "-", *supervised(plain, "--headless")
    )
    ending = run_to_end(command)
    expected = b"7\n" if "exit" in script else b"143\n"
    assert ending.output.endswith(expected), ending


def test_the_doctor_says_what_that_costs() -> None:
    command = in_a_namespace_without_executable_memory(
        sys.executable, "-m", "crashwatch", "doctor", "--json"
    )
    ending = run_to_end(command, environment=environment())
    checks = {check["name"]: check for check in json.loads(ending.output)}
    assert not checks["sleep"]["works"]
    assert "refused" in checks["sleep"]["found"]
    assert "8 MB" in checks["sleep"]["note"]
    assert checks["sleep"]["mend"].endswith("sysctl vm.memfd_noexec=0")


def test_the_doctor_says_where_it_sleeps() -> None:
    checks = json.loads(crashwatch("doctor", "--json").out)
    (check,) = (check for check in checks if check["name"] == "sleep")
    assert check["works"]


@pytest.mark.parametrize("by", ["option", "setting"])
def test_resident_it_stays_python(by: str, crashwatch_home: Path) -> None:
    if by == "setting":
        crashwatch_home.mkdir(mode=0o700)
        (crashwatch_home / "config.toml").touch(mode=0o600)
        (crashwatch_home / "config.toml").write_text("resident = true\n")
    options = ["--resident"] if by == "option" else []
    plain = [sys.executable, "-c", EXITS]
    command = supervised(plain, "--headless", *options)
    with running(command, environment=environment()) as program:
        program.wait_for_text("ready\n")
        program.send_signal(signal.SIGUSR1)
        ending = program.wait_for_end()
    assert ending.fate == "exit 7"


def test_a_crash_while_it_is_resident_has_a_timeline(tmp_path: Path) -> None:
    """Given back in memory, for whoever writes it down."""
    script = f"""
import json, sys
from crashwatch.cli.places import INJECTED
from crashwatch.supervisor.inherited import read_inherited
from crashwatch.supervisor.timeline import Timeline
from crashwatch.supervisor.watch import Watch
watch = Watch(read_inherited(), lambda *_: None)
watch.timeline = Timeline(interval=0.1)
command = [sys.executable, "-c", "import time; time.sleep(1)"]
ending = watch.run(sys.executable, command, INJECTED)
with open({str(tmp_path / "timeline")!r}, "w") as file:
    json.dump([sample._asdict() for sample in ending.timeline], file)
"""
    command = [sys.executable, "-c", script]
    assert run_to_end(command, environment=environment()).fate == "exit 0"
    samples = json.loads((tmp_path / "timeline").read_text())
    assert len(samples) >= 3
    assert all(sample["threads"] == 1 for sample in samples)
    assert all(sample["descriptors"] >= 3 for sample in samples)
    assert max(sample["resident_bytes"] for sample in samples) > 1_000_000
