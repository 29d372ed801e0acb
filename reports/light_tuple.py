"""``NamedTuple`` for what is loaded before a terminal starts: made without ``typing``.

``typing`` with all that it loads, and the code that ``collections`` compiles for each
class, would cost a start some 8 ms. A class that is made here behaves as a named tuple
does. To a type checker it is one, and what cannot stand in its body is for that to say.

A class's fields are its annotations, as text: its module has
``from __future__ import annotations``.
"""

from __future__ import annotations

from _operator import itemgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import NamedTuple as NamedTuple  # noqa: PLC0414 -- told on


class _Maker(type):
    """Makes a class of a class's body: a plain one, as ``typing`` would."""

    def __new__(
        cls, name: str, bases: tuple[type, ...], body: dict[str, object]
    ) -> type:
        """A class with fields; one without bases is ``NamedTuple`` itself."""
        if not bases:
            return super().__new__(cls, name, bases, body)
        annotations: Mapping[str, str] = body.get("__annotations__", {})  # type: ignore[assignment]
        fields = tuple(annotations)
        defaults = {field: body.pop(field) for field in fields if field in body}
        made: dict[str, object] = {
            "__slots__": (),
            "__match_args__": fields,
            "__getnewargs__": _values,
            "__repr__": _repr,
            "__new__": _new(name, fields, defaults),
            "_fields": fields,
            "_field_defaults": defaults,
            "_make": classmethod(_make),
            "_replace": _replace,
            "__replace__": _replace,
            "_asdict": _asdict,
        }
        made |= {field: property(itemgetter(n)) for n, field in enumerate(fields)}
        return type(name, (tuple,), made | body)


class _Made(tuple[object, ...]):
    """What the functions below know of a class that was made."""

    __slots__ = ()
    _fields: tuple[str, ...]


def _new(
    name: str, fields: tuple[str, ...], defaults: Mapping[str, object]
) -> Callable[..., object]:
    def new(cls: type[_Made], /, *values: object, **named: object) -> _Made:
        if len(values) < len(fields):
            left = fields[len(values) :]
            if missing := [f for f in left if f not in named and f not in defaults]:
                raise TypeError(f"{name}() needs {', '.join(missing)}")
            values += tuple([named.pop(f) if f in named else defaults[f] for f in left])
        if named or len(values) > len(fields):
            raise TypeError(f"{name}() was given more than its fields, or one twice")
        return tuple.__new__(cls, values)

    return new


def _make(cls: type[_Made], values: Iterable[object]) -> _Made:
    made = tuple.__new__(cls, values)
    if len(made) != len(cls._fields):
        raise TypeError(f"{cls.__name__} has {len(cls._fields)} fields")
    return made


def _replace(self: _Made, /, **changes: object) -> _Made:
    kept = zip(self._fields, self, strict=True)
    made = _make(type(self), [changes.pop(field, value) for field, value in kept])
    if changes:
        raise ValueError(f"{type(self).__name__} has no {', '.join(changes)}")
    return made


def _values(self: _Made, /) -> tuple[object, ...]:
    """For ``copy`` and ``pickle``."""
    return tuple(self)


def _asdict(self: _Made, /) -> dict[str, object]:
    return dict(zip(self._fields, self, strict=True))


def _repr(self: _Made, /) -> str:
    shown = [f"{field}={value!r}" for field, value in _asdict(self).items()]
    return f"{type(self).__name__}({', '.join(shown)})"


if not TYPE_CHECKING:

    class NamedTuple(metaclass=_Maker):
        """As ``typing.NamedTuple``."""
