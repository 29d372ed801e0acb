"""A settings file of the whole machine: root's own, or of whoever runs this."""

from __future__ import annotations

import os
import stat

from crashwatch.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crashwatch.toml_text import Settings


def read_system_file(path: str | os.PathLike[str]) -> Settings | None:
    """Its settings; None without a file.

    Raises:
        ConfigurationError: It cannot be read, or cannot be believed: it belongs to
            another user, or others may write to it.
        OSError: It is gone at this moment.
    """
    if not os.path.lexists(path):
        return None
    _check_owner(path)
    from crashwatch import toml_text  # noqa: PLC0415 -- only where there is a file

    text = toml_text.read_text(path)
    return None if text is None else toml_text.Settings(text, os.fspath(path))


def _check_owner(path: str | os.PathLike[str]) -> None:
    facts = os.lstat(path)
    if facts.st_uid not in (0, os.geteuid()):
        raise ConfigurationError("belongs to another user", file=os.fspath(path))
    if facts.st_mode & 0o022 and not stat.S_ISLNK(facts.st_mode):
        raise ConfigurationError("others may write to it", file=os.fspath(path))
