"""A machine that has other files in /etc and /usr/share.

A private mount namespace lays a folder over both, so that programs meet the files where
they look for them; the machine's own folders stay as they are.
"""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.doubles.requirement import require

_LAID_OVER = """
set -e
for place in /etc /usr/share; do
    options="lowerdir=$place,upperdir=$1$place,workdir=$1/work$place"
    mount -t overlay overlay -o "$options" "$place"
done
shift
exec "$@"
"""


def machine_with(folder: Path, files: Mapping[str, str]) -> list[str]:
    """The words before a command that run it on a machine with these files.

    Args:
        folder: Where the files are put; the same one again adds to them.
        files: Absolute path, below one of the two, to text.
    """
    for place in ("etc", "usr/share", "work/etc", "work/usr/share"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        file = folder / path.lstrip("/")
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        file.chmod(0o644)
    return ["unshare", "-m", "sh", "-c", _LAID_OVER, "sh", str(folder)]


def why_not(folder: Path) -> str:
    """Why nothing can be laid over /etc here; empty where it can."""
    command = [*machine_with(folder, {}), "true"]
    tried = subprocess.run(command, capture_output=True, text=True, check=False)
    return tried.stderr.strip() or "it failed" if tried.returncode else ""


def require_laying_over(folder: Path) -> None:
    """Skip the test, or fail it in CI, where nothing can be laid over /etc."""
    why = why_not(folder)
    require(
        not why,
        f"nothing can be laid over /etc here ({why})",
        "run where mounts are allowed (docker run --cap-add=SYS_ADMIN)",
    )
