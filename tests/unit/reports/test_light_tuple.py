"""A light tuple behaves as a named tuple does."""

from __future__ import annotations

import copy
import pickle
import typing

import pytest

from reports import light_tuple


class Real(typing.NamedTuple):
    """One made by ``typing``."""

    first: int
    second: tuple[str, ...] = ()
    third: float | None = None

    @property
    def twice(self) -> int:
        return 2 * self.first


class Light(light_tuple.NamedTuple):
    """The same, made without."""

    first: int
    second: tuple[str, ...] = ()
    third: float | None = None

    @property
    def twice(self) -> int:
        return 2 * self.first


WAYS = {
    "with defaults": lambda kind: kind(1),
    "by place": lambda kind: kind(1, ("a",)),
    "all by place": lambda kind: kind(1, ("a",), 0.5),
    "by name": lambda kind: kind(third=2.0, first=1),
    "by both": lambda kind: kind(1, third=2.0),
    "of values": lambda kind: kind._make([1, ("a",), None]),
    "changed": lambda kind: kind(1)._replace(third=3.0),
    "changed in nothing": lambda kind: kind(1)._replace(),
    "as a dictionary": lambda kind: kind(1)._asdict(),
    "property": lambda kind: kind(4).twice,
    "slice": lambda kind: kind(4)[:1],
    "fields": lambda kind: kind._fields,
    "defaults": lambda kind: kind._field_defaults,
    "for match": lambda kind: kind.__match_args__,
    "slots": lambda kind: kind.__slots__,
    "bases": lambda kind: kind.__mro__[1:],
    "hints": typing.get_type_hints,
    "pickled": lambda kind: pickle.loads(pickle.dumps(kind(1, ("a",)))),
    "replaced": lambda kind: getattr(copy, "replace", kind._replace)(kind(1), first=2),
    "copied": lambda kind: copy.deepcopy(kind(1, ("a",), 2.0)),
    "compared": lambda kind: (hash(kind(1)), kind(1) == (1, (), None), kind(1) < (2,)),
}


@pytest.mark.parametrize("way", WAYS)
def test_it_does_the_same(way):
    light, real = WAYS[way](Light), WAYS[way](Real)
    assert light == real
    assert repr(light).replace("Light", "Real") == repr(real)


WRONG_WAYS = {
    "nothing": lambda kind: kind(),
    "not the first": lambda kind: kind(second=()),
    "too many": lambda kind: kind(1, (), None, 4),
    "twice": lambda kind: kind(1, first=1),
    "twice when full": lambda kind: kind(1, (), None, first=1),
    "unknown": lambda kind: kind(1, fourth=1),
    "too few values": lambda kind: kind._make([1]),
    "changed in something unknown": lambda kind: kind(1)._replace(fourth=1),
    "set": lambda kind: setattr(kind(1), "first", 2),
    "set something unknown": lambda kind: setattr(kind(1), "fourth", 2),
}


@pytest.mark.parametrize("kind", [Real, Light])
@pytest.mark.parametrize("way", WRONG_WAYS)
def test_it_refuses_the_same(kind, way):
    with pytest.raises((TypeError, ValueError, AttributeError)):
        WRONG_WAYS[way](kind)


@pytest.mark.parametrize("kind", [Real, Light])
def test_it_can_be_matched(kind):
    match kind(1, ("a",)):
        case kind(first, second=(second,)):
            assert (first, second) == (1, "a")
        case _:
            pytest.fail("it was not matched")
