"""No control or bidi character reaches a screen, whatever a command meets."""

import json
import unicodedata
from pathlib import Path

import pytest

from crashwatch.cli.commands import crashwatch as every_command
from reports.home import open_home
from tests.doubles.command_line import answer_here
from tests.doubles.synthetic_minidump import (
    SyntheticMinidump,
    amd64_context,
    small_dump,
)

HOSTILE = "a\x1b]0;owned\x07\x1b[2J\u202eb\u2066c\u200bd\x9b31m"
COMMANDS = sorted(every_command.list_commands(None))  # type: ignore[arg-type]

TAKE_A_PROGRAM = {"run", "doctor"}


def unsafe(text: str) -> list[str]:
    """Characters that a terminal would obey or a person would not see."""
    return [
        f"U+{ord(c):04X}"
        for c in text
        if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
    ]


def hostile_dump() -> bytes:
    built = SyntheticMinidump()
    built.system()
    built.listed(
        3, [built.thread(11, amd64_context(0x1000, 0x2000), (0x2000, bytes(64)))]
    )
    built.listed(
        4, [built.module(0x1000, 4096, f"/usr/lib/{HOSTILE}.so", b"\x01" * 20)]
    )
    built.listed(24, [built.thread_name(11, HOSTILE)])
    built.crashpad(bytes(16), [("release", HOSTILE), (HOSTILE, "x")])
    return built.build()


def ask(capfd: pytest.CaptureFixture[str], *words: str | Path) -> str:
    answer = answer_here(capfd, *words)
    shown = answer.out + answer.err
    assert unsafe(shown) == [], (words, shown)
    return shown


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("word", [HOSTILE, f"--{HOSTILE}"], ids=["word", "option"])
def test_a_hostile_word_is_shown_escaped(command, word, capfd):
    if command not in TAKE_A_PROGRAM:
        ask(capfd, command, word)


@pytest.mark.parametrize("group", ["reports", "consent", "identity"])
def test_so_is_one_after_a_subcommand(group, capfd):
    for inner in ("list", "show", "approve", "discard", "grant", "revoke", "reset"):
        ask(capfd, group, inner, HOSTILE)


def test_a_hostile_dump_is_shown_and_taken_in_without_effect(
    tmp_path, capfd, crashwatch_home
):
    file = tmp_path / f"{HOSTILE.replace('/', '')}.dmp"
    file.write_bytes(hostile_dump())
    assert "a" in ask(capfd, "inspect", file)
    ask(capfd, "inspect", file, "--json")
    ask(capfd, "ingest", file)
    for words in (("reports", "list"), ("audit",), ("status",)):
        ask(capfd, *words)
        ask(capfd, *words, "--json")
    rows = json.loads(answer_here(capfd, "reports", "list", "--json").out)
    for row in rows:
        ask(capfd, "reports", "show", row["id"])


def test_a_damaged_entry_of_somebody_elses_making_is_no_danger(capfd, crashwatch_home):
    home = open_home(crashwatch_home)
    entry = home.root / "reports" / "pending" / ("ab" * 16)
    for folder in (entry.parent.parent, entry.parent, entry):
        folder.mkdir(mode=0o700, exist_ok=True)
    for name in ("report.json", "envelope"):
        (entry / name).write_text(json.dumps({"id": HOSTILE, "program": HOSTILE}))
        (entry / name).chmod(0o600)
    for words in (("reports", "list"), ("reports", "show", "abab"), ("audit",)):
        ask(capfd, *words)


@pytest.mark.parametrize("line", ['dsn = "{}"', '"{}" = 1', "{} = ["])
def test_a_hostile_setting_is_complained_of_escaped(line, capfd, crashwatch_home):
    home = open_home(crashwatch_home)
    config = home.root / "config.toml"
    config.write_text(line.format(HOSTILE), encoding="utf-8")
    config.chmod(0o600)
    for words in (("status",), ("reports", "list"), ("audit",), ("disclosure",)):
        ask(capfd, *words)


def test_the_check_sees_what_it_should():
    assert unsafe(HOSTILE) == [
        *("U+001B", "U+0007", "U+001B", "U+202E", "U+2066", "U+200B", "U+009B"),
    ]
    assert unsafe(small_dump.__name__) == []
