"""Read TOML of ours and say where in the file a bad setting stands.

The launcher loads this before the terminal starts, where there is a file to read:
what is plain is read without ``tomllib``, which is a large part of a short process's
start.
"""

from __future__ import annotations

import errno
import math
import os
import stat

from crashwatch.errors import ConfigurationError
from reports.plain_toml import read_plain

LARGEST_FILE = 64 * 1024
"""Bytes; a settings file above this is not one."""


def read_text(path: str | os.PathLike[str]) -> str | None:
    """The text of a settings file, or None where there is none.

    Links are not followed, and only a regular UTF-8 file of at most ``LARGEST_FILE``
    bytes is read.

    Raises:
        ConfigurationError: It exists and cannot be read as such.
    """
    name = os.fspath(path)
    try:
        # O_NONBLOCK: opening a FIFO must not wait for a writer.
        descriptor = os.open(
            name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        )
    except FileNotFoundError:
        return None
    except OSError as error:
        # What O_NOFOLLOW answers to a link.
        link = error.errno == errno.ELOOP
        what = "is a symbolic link" if link else _said(error)
        raise ConfigurationError(
            f"cannot be read: {what}",
            "Replace it by a regular file you can read, or remove it.",
            file=name,
        ) from error
    try:
        return _decoded(name, _bytes(name, descriptor))
    finally:
        os.close(descriptor)


def _bytes(name: str, descriptor: int) -> bytes:
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        raise ConfigurationError("is not a regular file", file=name)
    if facts.st_size > LARGEST_FILE:
        raise ConfigurationError(
            f"is {facts.st_size} bytes, and {LARGEST_FILE} are the most that is read",
            "Remove what does not belong in it.",
            file=name,
        )
    try:
        return os.read(descriptor, LARGEST_FILE)
    except OSError as error:
        raise ConfigurationError(
            f"cannot be read: {_said(error)}", file=name
        ) from error


def _decoded(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        from crashwatch.toml_faults import end_of  # noqa: PLC0415 -- loads tomllib

        line, column = end_of(before)
        raise ConfigurationError(
            "is not UTF-8 text", file=name, line=line, column=column
        ) from None


def _said(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


class Settings:
    """The keys of one TOML document; each is taken once, checked as it is taken."""

    def __init__(
        self, text: str, file: str, *, table: dict[str, object] | None = None
    ) -> None:
        """Parse ``text``; ``file`` is its name in error messages.

        Args:
            text: The whole document.
            file: Its name in error messages.
            table: A table of it that is already parsed; only its keys are seen.

        Raises:
            ConfigurationError: It is not TOML; with line and column.
        """
        self._text = text
        self._file = file
        self._values = _parsed(text, file) if table is None else table
        self._taken: set[str] = set()

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key there is."""
        return tuple(self._values)

    def table(self, key: str) -> Settings | None:
        """The keys of a table, or None."""
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.fault(key, f"must be a table, as [{key}]")
        return Settings(self._text, self._file, table=value)

    def whole(self, key: str, least: int, most: int, *, why: str = "") -> int | None:
        """A whole number between ``least`` and ``most``, or None.

        Args:
            key: The key.
            least: The smallest that may be.
            most: The largest.
            why: Said after the bounds when it is neither.
        """
        value = self._take(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.fault(key, "must be a whole number")
        if not least <= value <= most:
            raise self.fault(key, f"must be between {least} and {most}{why}")
        return value

    def text(self, key: str) -> str | None:
        """A string without control characters, or None."""
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.fault(key, "must be a string in quotes")
        if not value.isprintable():
            raise self.fault(key, "may not hold control characters")
        return value

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of strings without control characters, or None."""
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, list):
            raise self.fault(key, 'must be a list of strings, as ["one", "two"]')
        found: list[str] = []
        for item in value:
            if not isinstance(item, str) or not item.isprintable():
                raise self.fault(key, "may only hold strings in quotes")
            found.append(item)
        return tuple(found)

    def choice(self, key: str, options: tuple[str, ...]) -> str | None:
        """One of ``options``, or None."""
        value = self.text(key)
        if value is not None and value not in options:
            raise self.fault(key, f"must be one of {', '.join(options)}")
        return value

    def seconds(self, key: str, least: float, most: float) -> float | None:
        """A finite number between ``least`` and ``most``, or None."""
        value = self._take(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.fault(key, "must be a number of seconds")
        # Compared before it is converted: an integer of 400 digits has no float.
        if not (least <= value <= most) or not math.isfinite(value):
            raise self.fault(key, f"must be between {least:g} and {most:g} seconds")
        return float(value)

    def flag(self, key: str) -> bool | None:
        """``true`` or ``false``, or None."""
        value = self._take(key)
        if value is not None and not isinstance(value, bool):
            raise self.fault(key, "must be true or false")
        return value

    def refuse_others(self) -> None:
        """Raise for the first key that nobody took: a typing error is not a wish."""
        for key in self._values:
            if key not in self._taken:
                known = ", ".join(sorted(self._taken))
                raise self.fault(key, "is not a setting", f"The settings are {known}.")

    def fault(self, key: str, what: str, hint: str = "") -> ConfigurationError:
        """The error for ``key``, with the line it stands on."""
        shown = key if key.isprintable() and len(key) <= 40 else "a key"
        from crashwatch.toml_faults import line_of  # noqa: PLC0415 -- loads tomllib

        line = line_of(self._text, key)
        return ConfigurationError(f"{shown} {what}", hint, file=self._file, line=line)

    def _take(self, key: str) -> object:
        self._taken.add(key)
        return self._values.get(key)


def _parsed(text: str, file: str) -> dict[str, object]:
    plain = read_plain(text)
    if plain is not None:
        return plain
    from crashwatch.toml_faults import parsed  # noqa: PLC0415 -- loads tomllib

    return parsed(text, file)
