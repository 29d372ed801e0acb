"""Native code that crashes, compiled, and where its functions are."""

import shutil
import subprocess
from pathlib import Path

from tests.doubles.requirement import require

SOURCE = Path(__file__).parents[2] / "fixtures" / "native" / "trouble.c"


def build_trouble(folder: Path) -> Path:
    """Compile it into a folder."""
    require(shutil.which("gcc"), "gcc is missing", "apt-get install gcc libc6-dev")
    program = folder / "trouble"
    command = ["gcc", "-O0", "-w", "-pthread", "-o", str(program), str(SOURCE)]
    subprocess.run(command, check=True, timeout=60)
    return program


JUMPING = """
static __attribute__((noipa)) int jumped_to(int *p) { return *p; }
static __attribute__((noipa)) int jumping(int *p) { return jumped_to(p + 1); }
int calling(int *p) { return jumping(p) + 1; }
"""


def build_jumping(folder: Path) -> Path:
    """A library whose ``jumping`` ends in a jump, as its debug information says."""
    require(shutil.which("gcc"), "gcc is missing", "apt-get install gcc libc6-dev")
    source, library = folder / "jumping.c", folder / "libjumping.so"
    source.write_text(JUMPING)
    command = ["gcc", "-O2", "-g", "-shared", "-fPIC"]
    subprocess.run([*command, "-o", library, source], check=True, timeout=60)
    return library


def function_at(program: Path, address: int) -> str:
    """The function that an address of the file lies in, by nm."""
    require(shutil.which("nm"), "nm is missing", "apt-get install binutils")
    command = ["nm", "--defined-only", "--numeric-sort", str(program)]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [line.split() for line in listed.stdout.splitlines()]
    code = [(int(at, 16), name) for at, kind, name in rows if kind in "tT"]
    return max(row for row in code if row[0] <= address)[1]
