"""Tiny programs: a valid image, and the code that the comments beside it say."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from crashwatch.linux import tiny_program
from crashwatch.linux.tiny_program import become, image
from tests.doubles.requirement import require

(CODE,) = [
    value
    for name, value in vars(tiny_program).items()
    if name.isupper() and not name.startswith("_") and isinstance(value, dict)
]
SOURCE = Path(tiny_program.__file__).read_text(encoding="utf-8")
WRITTEN = re.compile(r'^\s+"([0-9a-f]+)"  # (?:loop: )?(\w+)', re.MULTILINE)
BINUTILS = "apt-get install binutils"


def written(machine):
    """The instructions of the source: their bytes, and the mnemonic beside them."""
    part = SOURCE.partition(f'"{machine}": bytes.fromhex(')[2].partition("    ),")[0]
    return [(bytes.fromhex(code), word) for code, word in WRITTEN.findall(part)]


@pytest.mark.parametrize("machine", sorted(CODE))
def test_every_instruction_has_its_comment(machine):
    assert b"".join(code for code, _ in written(machine)) == CODE[machine]


@pytest.mark.parametrize("machine", sorted(CODE))
def test_it_is_small(machine):
    assert len(image(CODE[machine], machine)) < 256


@pytest.mark.parametrize("machine", sorted(CODE))
def test_readelf_takes_the_image(machine, tmp_path):
    require(shutil.which("readelf"), "readelf is missing", BINUTILS)
    path = tmp_path / "tiny"
    data = image(CODE[machine], machine)
    path.write_bytes(data)
    shown = subprocess.run(
        ["readelf", "-h", "-l", "-W", str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={"LC_ALL": "C"},
    )
    assert "rror" not in shown.stdout
    assert shown.stderr == ""
    assert re.search(r"Type:\s+EXEC", shown.stdout)
    assert re.search(r"Entry point address:\s+0x400078", shown.stdout)
    size = f"0x{len(data):06x}"
    assert re.search(rf"LOAD\s+0x000000 .*{size} {size} R E 0x1000", shown.stdout)


def test_objdump_reads_what_the_comments_say(tmp_path):
    require(shutil.which("objdump"), "objdump is missing", BINUTILS)
    instructions = [(c, word) for c, word in written("x86_64") if word != "the"]
    path = tmp_path / "code"
    path.write_bytes(b"".join(code for code, _ in instructions))
    command = ["objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel"]
    shown = subprocess.run(
        [*command, "--insn-width=16", str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={"LC_ALL": "C"},
    ).stdout
    read = re.findall(r"^\s+[0-9a-f]+:\t([^\t]+)\t(\w+)", shown, re.MULTILINE)
    assert [(bytes.fromhex(code), word) for code, word in read] == instructions


def test_an_unknown_machine_is_refused_without_a_trace():
    become({}, "tiny")
