"""What a start under ``crashwatch run`` costs more than the same start alone.

For each situation of a person: the median of paired runs (the program alone, then
watched) of wall and processor time, and the instructions of the launcher where valgrind
is there, which hold on a busy machine too. ``run -- true`` has the mark; a Python
program is measured to its first line, with the client in it. On Python 3.11 and 3.13.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from crashwatch.distribution_file import DEFAULTS_PATH
from crashwatch.policy_file import POLICY_PATH
from reports.usage import registry
from tests.doubles.command_line import HERE
from tests.doubles.laid_over import machine_with, why_not
from tests.doubles.other_pythons import find_other_pythons

RUNS = 20
MARK = 40.0
START = (
    "import sys; sys.argv = ['crashwatch', *sys.argv[1:]];"
    "from crashwatch.__main__ import main; main()"
)
UNSAID = "import sys; sys.excepthook = lambda *_: None;"
"""Where a failure is expected, its traceback would load more than the start."""
FIRST_LINE = "import os, time; os.write(1, b'%d' % time.monotonic_ns())"
CONFIG = """
prompt_timeout = 30
dsn = "https://key@errors.example.org/1"
app_roots = ["/opt/made-up"]
[retention]
sent_days = 7
"""
REGIONS = f"{CONFIG}[regions.eu]\n[regions.us]\nminimum_age = 16\n"


class Situation(NamedTuple):
    """What a start finds.

    Attributes:
        config: Text of ``config.toml``; empty: there is none.
        consent: Words of ``crashwatch consent``, one after the other.
        files: Of the system.
        variables: Of the environment.
    """

    config: str = ""
    consent: tuple[tuple[str, ...], ...] = ()
    files: Mapping[str, str] = {}
    variables: Mapping[str, str] = {}


GRANTED = (("grant", "crash", "usage", "performance"),)
SITUATIONS = {
    "nothing set": Situation(),
    "usage and crash granted": Situation(consent=GRANTED),
    "config.toml": Situation(CONFIG),
    "config.toml, granted": Situation(CONFIG, GRANTED),
    "the same, own registry": Situation("registry = '{registry}'" + CONFIG, GRANTED),
    "CRASHWATCH_DSN": Situation(
        variables={"CRASHWATCH_DSN": "https://key@errors.example.org/1"}
    ),
    "defaults.toml": Situation(
        consent=GRANTED,
        files={DEFAULTS_PATH: 'endpoint = "https://key@errors.example.org/1"\n'},
    ),
    "policy.toml": Situation(
        CONFIG, GRANTED, files={POLICY_PATH: 'forbid = ["plugins"]\n'}
    ),
    "policy.toml: off": Situation(files={POLICY_PATH: "force_off = true\n"}),
    "DO_NOT_TRACK": Situation(CONFIG, variables={"DO_NOT_TRACK": "1"}),
    "crash reports refused": Situation(CONFIG, (("revoke",),)),
    "regions": Situation(REGIONS, GRANTED),
    "config.toml, not plain": Situation(CONFIG + "# \\ says nothing\n", GRANTED),
}


class Cost(NamedTuple):
    """Of one run, in milliseconds."""

    wall: float
    cpu: float


class Pair(NamedTuple):
    """A command, and what it is compared with.

    Attributes:
        interpreter: Where among the words of ``watched`` it stands.
    """

    alone: Sequence[str]
    watched: Sequence[str]
    environment: Mapping[str, str]
    interpreter: int = 0


def to_the_end(command: Sequence[str], environment: Mapping[str, str]) -> Cost:
    started = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, environment)
    _, status, usage = os.wait4(pid, 0)
    took = time.perf_counter() - started
    assert status == 0, (command, status)
    return Cost(1000 * took, 1000 * (usage.ru_utime + usage.ru_stime))


def to_the_first_line(command: Sequence[str], environment: Mapping[str, str]) -> Cost:
    """Its processor time is that of the whole run, which says nothing of a start.

    What another Python does after the program's end may miss libraries, and say so.
    """
    reader, writer = os.pipe()
    started = time.monotonic_ns()
    silent = (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)
    actions = [(os.POSIX_SPAWN_DUP2, writer, 1), silent]
    pid = os.posix_spawnp(command[0], command, environment, file_actions=actions)
    os.close(writer)
    with os.fdopen(reader) as told:
        line = int(told.read())
    os.waitpid(pid, 0)
    return Cost((line - started) / 1e6, 0.0)


def instructions(pair: Pair) -> str:
    """Those that the launcher runs.

    Up to 3.20 valgrind knows no ``pidfd_open``: the launcher then fails when it has
    just started the program, so this is what it took to get there.
    """
    if not shutil.which("valgrind"):
        return "no valgrind"
    tool = ["valgrind", "--tool=cachegrind", "--cache-sim=no"]
    split = pair.interpreter
    words = [UNSAID + word if word == START else word for word in pair.watched]
    command = [*words[:split], *tool, "--cachegrind-out-file=/dev/null"]
    ended = subprocess.run(
        [*command, *words[split:]],
        env={**pair.environment, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    rows = [line for line in ended.stderr.splitlines() if "refs:" in line]
    if not rows:
        return "it becomes the program"
    counted = int(rows[0].split()[-1].replace(",", "")) / 1e6
    return f"{counted:5.1f} million instructions"


def prepared(
    folder: Path, situation: Situation, before: Sequence[str]
) -> dict[str, str]:
    """The environment of a start in it; its home is made by the real commands.

    Upkeep is done, as it is for all starts of a day but the first: the one that a start
    begins runs beside the next ones here.
    """
    home = folder / "home"
    home.mkdir(mode=0o700, parents=True)
    own = folder / "metrics.toml"
    shutil.copy(Path(registry.__file__).with_name("metrics.toml"), own)
    if situation.config:
        text = situation.config.replace("{registry}", str(own))
        (home / "config.toml").write_text(text)
        (home / "config.toml").chmod(0o600)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": HERE, "HOME": str(folder)}
    environment["CRASHWATCH_HOME"] = str(home)
    ours = [*before, sys.executable, "-m", "crashwatch"]
    (home / "reports").mkdir(mode=0o700)
    for words in (*(("consent", *words) for words in situation.consent), ("upkeep",)):
        command = [*ours, *words, "--quiet"]
        subprocess.run(command, env=environment, check=True)
    return environment | situation.variables


def pairs(
    python: str, folder: Path, program: Sequence[str]
) -> Iterator[tuple[str, Pair]]:
    run = [python, "-c", START, "run", "--", *program]
    why = why_not(folder / "tried")
    for number, (name, situation) in enumerate(SITUATIONS.items()):
        if situation.files and why:
            print(f"  {name:26} not measured: {why}")
            continue
        here = folder / str(number)
        before = machine_with(here, situation.files) if situation.files else []
        environment = prepared(here, situation, before)
        alone, watched = [*before, *program], [*before, *run]
        yield name, Pair(alone, watched, environment, len(before))


def measure(python: str, folder: Path) -> None:
    bare = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    true = shutil.which("true") or "/bin/true"
    compared = {"python -c pass": Pair([true], [python, "-c", "pass"], bare)}
    compared |= pairs(python, folder / "true", [true])
    for name, pair in compared.items():
        runs = [
            (
                to_the_end(pair.alone, pair.environment),
                to_the_end(pair.watched, pair.environment),
            )
            for _ in range(RUNS)
        ]
        wall = sorted(watched.wall - alone.wall for alone, watched in runs)
        cpu = sorted(watched.cpu - alone.cpu for alone, watched in runs)
        print(
            f"  {name:26} {statistics.median(wall):6.1f} ms wall (least "
            f"{wall[0]:5.1f}), {statistics.median(cpu):5.1f} ms CPU (least "
            f"{cpu[0]:5.1f}), {instructions(pair)}"
        )
    print(f"  mark: {MARK:.0f} ms over `true`")
    print("to the first line of a Python program, over the same program alone")
    for name, pair in pairs(python, folder / "python", [python, "-c", FIRST_LINE]):
        over = sorted(
            to_the_first_line(pair.watched, pair.environment).wall
            - to_the_first_line(pair.alone, pair.environment).wall
            for _ in range(RUNS)
        )
        print(
            f"  {name:26} {statistics.median(over):6.1f} ms wall (least "
            f"{over[0]:5.1f}), {instructions(pair)} until it is started"
        )
        counts = (Path(pair.environment["CRASHWATCH_HOME"]) / "runs").exists()
        assert counts == (SITUATIONS[name].consent == GRANTED), name


def main() -> None:
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    pythons = {
        version: str(found.executable)
        for version, found in find_other_pythons().items()
        if version in {"3.11", "3.13"}
    }
    pythons["{}.{}".format(*sys.version_info)] = sys.executable
    for version, python in sorted(pythons.items()):
        print(f"Python {version}: {python.rpartition('/')[2]}, over `true` alone")
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            measure(python, Path(folder))


if __name__ == "__main__":
    main()
