"""Who this machine knows its person to be; handed in by the caller, never asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXTRA_KINDS = frozenset(
    {
        "user",
        "home",
        "machine_id",
        "ip",
        "mac",
        "git_name",
        "git_email",
        "argument",
        "environment",
    }
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Everything by which a report could name a person. ``repr`` shows no value.

    Attributes:
        user: Login name.
        home: Home directory, absolute.
        full_name: The GECOS name.
        host: Short host name.
        fqdn: Fully qualified host name.
        email: The person's address.
        extra: Pairs of (kind, value); the kinds are those of ``EXTRA_KINDS``. A second
            login or home is there too.
    """

    user: str = field(default="", repr=False)
    home: str = field(default="", repr=False)
    full_name: str = field(default="", repr=False)
    host: str = field(default="", repr=False)
    fqdn: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    extra: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def of_kind(self, *kinds: str) -> tuple[str, ...]:
        """The values of ``extra`` that have one of these kinds."""
        return tuple(value for kind, value in self.extra if kind in kinds and value)


NOBODY = Identity()


def as_identity(source: object) -> Identity:
    """Accept an ``Identity``, or any mapping or object that names its parts.

    Missing parts are empty; ``None`` is nobody. A value that is not text is taken
    by its ``str`` (a ``Path`` for ``home``, say), and several values under one name
    (a list) become the first and extras, so that none is lost.
    """
    if source is None:
        return NOBODY
    if isinstance(source, Identity):
        return source
    read = source.get if isinstance(source, Mapping) else _attributes_of(source)
    extra = list(_pairs(read("extra", ())))
    texts: dict[str, str] = {}
    for name in ("user", "home", "full_name", "host", "fqdn", "email"):
        first, *rest = _texts(read(name, "")) or [""]
        texts[name] = first
        extra += [("argument", value) for value in rest]
    return Identity(**texts, extra=tuple(extra))


def _attributes_of(source: object) -> Callable[[str, object], object]:
    return lambda name, default: getattr(source, name, default)


def _texts(value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, bytes):
        return [value.decode("utf-8", "replace")]
    if isinstance(value, (list, tuple, set, frozenset)):
        return [text for part in value for text in _texts(part)]
    return [str(value)]


def _pairs(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        value = tuple(value.items())
    if not isinstance(value, (list, tuple, set, frozenset)):
        return
    for pair in value:
        kind, text = pair
        yield str(kind), str(text)
