"""A long list, cut into pages. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """One page of a list; pages count from 1."""

    rows: tuple[T, ...]
    page: int
    pages: int


def cut(rows: Sequence[T], page: int, size: int) -> Slice[T]:
    """The page asked for; the nearest there is, where there is no such one."""
    pages = max(1, -(-len(rows) // size))
    page = min(max(1, page), pages)
    return Slice(tuple(rows[(page - 1) * size : page * size]), page, pages)
