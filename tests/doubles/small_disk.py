"""A disk so small that it can be filled: a tmpfs, really full when it is full."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.doubles.requirement import require


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount one of `size`, as mount takes it, at `folder`; unmount it afterwards."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", folder],
        check=False,
        capture_output=True,
    )
    require(
        done.returncode == 0,
        "a small tmpfs cannot be mounted",
        "run the tests as root with CAP_SYS_ADMIN",
    )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path) -> Path:
    """Leave no byte free; the file that takes them all."""
    filler = folder / "filler"
    room = os.statvfs(folder)
    with filler.open("wb") as file, contextlib.suppress(OSError):
        os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize)
    with contextlib.suppress(OSError):
        (folder / "refused").write_bytes(b"x")
        raise AssertionError("there is room left")
    return filler
