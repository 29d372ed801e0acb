"""The page of code that guards a door says what its comments say, and does it."""

import os
import re
import select
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from crashwatch.linux.tiny_program import image
from crashwatch.supervisor import door_guard
from crashwatch.supervisor.door_guard import GUARD_DOOR
from tests.doubles.requirement import require

SOURCE = Path(door_guard.__file__).read_text(encoding="utf-8")
WRITTEN = re.compile(
    r'^\s+"([0-9a-f]+)"  # (?:loop: |again: )?(\w[\w.]*)', re.MULTILINE
)


def written(machine: str) -> list[tuple[bytes, str]]:
    part = SOURCE.partition(f'"{machine}": bytes.fromhex(')[2].partition("    ),")[0]
    return [(bytes.fromhex(code), word) for code, word in WRITTEN.findall(part)]


def test_every_byte_has_its_comment_and_it_is_small() -> None:
    for machine, code in GUARD_DOOR.items():
        assert b"".join(part for part, _ in written(machine)) == code
        assert len(image(code, machine)) < 320


OBJDUMP = {
    "x86_64": ["objdump", "-m", "i386:x86-64", "-M", "intel", "--insn-width=16"],
    "aarch64": ["aarch64-linux-gnu-objdump", "-m", "aarch64"],
}
JUMPS = {
    "x86_64": (r"jle +0x13\b", r"js +0x13\b", r"jmp +0x37\b"),
    "aarch64": (r"b\.le\t0x14\b", r"b\.lt\t0x14\b", r"b\t0x3c\b", r"x0, 0x84\b"),
}


@pytest.mark.parametrize("machine", OBJDUMP)
def test_objdump_reads_what_the_comments_say(machine: str, tmp_path: Path) -> None:
    program, *options = OBJDUMP[machine]
    found = shutil.which(program)
    require(
        found, f"{program} is missing", "apt-get install binutils{,-aarch64-linux-gnu}"
    )
    path = tmp_path / "code"
    path.write_bytes(GUARD_DOOR[machine])
    shown = subprocess.run(
        [program, "-D", "-b", "binary", *options, str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={"LC_ALL": "C"},
    ).stdout
    read = re.findall(r"^\s+[0-9a-f]+:\t([^\t]+)\t([\w.]+)", shown, re.MULTILINE)
    if machine == "x86_64":
        code = [(bytes.fromhex(code), word) for code, word in read]
    else:  # objdump shows words of 32 bits, and the data at the end as some
        code = [(bytes.fromhex(code)[::-1], word) for code, word in read]
        code = code[: len(written(machine)) - 1] + written(machine)[-1:]
    assert code == written(machine)
    for jump in JUMPS[machine]:
        assert re.search(jump, shown), jump


@pytest.fixture
def door() -> Iterator[socket.socket]:
    """A listening socket that does not block."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.setblocking(False)
        listening.bind(b"\0" + os.urandom(16).hex().encode())
        listening.listen(8)
        yield listening


def visitor_at(door: socket.socket) -> socket.socket:
    visitor = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    visitor.connect(door.getsockname())
    return visitor


@pytest.mark.slow
@pytest.mark.parametrize("machine", GUARD_DOOR)
def test_it_turns_away_who_waits_and_goes_on(
    machine: str, door: socket.socket, tmp_path: Path
) -> None:
    program = tmp_path / "guard"
    program.write_bytes(image(GUARD_DOOR[machine], machine))
    program.chmod(0o700)
    runner = [] if machine == os.uname().machine else [f"qemu-{machine}"]
    if runner:
        require(shutil.which(runner[0]), "no qemu", "apt-get install qemu-user")
    guard = subprocess.Popen([*runner, str(program)], stdin=door)
    try:
        with visitor_at(door) as first, visitor_at(door) as second:
            for visitor in (first, second):
                ready, _, _ = select.select([visitor], [], [], 30)
                assert ready
                assert visitor.recv(1) == b""
        with visitor_at(door):
            # Whoever is answered is left alone.
            select.select([door], [], [], 30)
            answered, _ = door.accept()
            assert guard.poll() is None
            answered.close()
    finally:
        guard.send_signal(signal.SIGKILL)
        guard.wait()
