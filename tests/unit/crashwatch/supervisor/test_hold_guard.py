"""The guard's page of code says what its comments say."""

import re
import shutil
import subprocess
from pathlib import Path

from crashwatch.linux.tiny_program import image
from crashwatch.supervisor import hold_guard
from crashwatch.supervisor.hold_guard import GUARD_HOLD
from tests.doubles.requirement import require

SOURCE = Path(hold_guard.__file__).read_text(encoding="utf-8")
WRITTEN = re.compile(r'^\s+"([0-9a-f]+)"  # (?:loop: )?(\w[\w.]*)', re.MULTILINE)


def written(machine: str) -> list[tuple[bytes, str]]:
    part = SOURCE.partition(f'"{machine}": bytes.fromhex(')[2].partition("    ),")[0]
    return [(bytes.fromhex(code), word) for code, word in WRITTEN.findall(part)]


def test_every_byte_has_its_comment_and_it_is_small() -> None:
    for machine, code in GUARD_HOLD.items():
        assert b"".join(part for part, _ in written(machine)) == code
        assert len(image(code, machine)) < 300


def test_objdump_reads_what_the_comments_say(tmp_path: Path) -> None:
    require(shutil.which("objdump"), "objdump is missing", "apt-get install binutils")
    path = tmp_path / "code"
    path.write_bytes(GUARD_HOLD["x86_64"])
    command = ["objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel"]
    shown = subprocess.run(
        [*command, "--insn-width=16", str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={"LC_ALL": "C"},
    ).stdout
    read = re.findall(r"^\s+[0-9a-f]+:\t([^\t]+)\t(\w+)", shown, re.MULTILINE)
    assert [(bytes.fromhex(code), word) for code, word in read] == written("x86_64")
    assert re.search(r"jle +0x13\b", shown)
