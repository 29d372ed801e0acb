"""A fourth corpus: lines of the system in whole texts, and values in carriers.

It shares no code with the others, and none with the scrubbers. The forms and the
carriers were written before their author had read a rule or another corpus (of 16,000
texts 810 leaked then); this is that draft after what it found was mended, less what was
unfair: a row of ``/etc/hosts`` in the middle of a sentence, the line number of an
address, a login after a domain and nothing else. So it tells of what comes back, and
not of what is unknown.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

from tests.doubles import newcomer_wrappings as wrappings
from tests.doubles.newcomer_forms import planted, rows
from tests.doubles.newcomer_leaks import folded, is_in, readings
from tests.doubles.newcomer_people import person
from tests.doubles.newcomer_useful import INNOCENT, filled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.doubles.newcomer_forms import Planted
    from tests.doubles.newcomer_people import Person

# Rows of a file of columns: nothing else stands on their line.
_COLUMNS = ("etc-hosts", "host:hosts")
# Carriers in which a value is a path or part of one.
_OF_PATHS = frozenset(
    {"osc7", "http-query", "js", "git-remote", "cargo", "mount", "maps"}
)


class Case(NamedTuple):
    """One text.

    Attributes:
        identity: None where the person is not told.
        secrets: Values that must not be read afterwards.
        useful: Words of its innocent parts that must stay.
    """

    number: int
    family: str
    carrier: str
    text: str
    identity: dict[str, str] | None
    secrets: tuple[str, ...]
    useful: tuple[str, ...]


def cases(seed: int, count: int) -> Iterator[Case]:
    """As many cases; each by itself, so that one may be made again by its number."""
    return (case(seed, number) for number in range(count))


def case(seed: int, number: int) -> Case:
    """The case of that number."""
    chance = random.Random(f"newcomer {seed} {number}")
    while True:
        made = (_document if number % 2 else _carried)(chance, number)
        if made is not None:
            return made


def _plant(chance: random.Random, who: Person, file: str, *, told: bool) -> Planted:
    while True:
        row = chance.choice(rows(file))
        if row.name.startswith("known:") and not told:
            continue
        if "{login}" in row.text and who.is_plain:
            continue
        return planted(chance, who, row)


def _document(chance: random.Random, number: int) -> Case | None:
    """A line that names somebody, among lines that name nobody, all in something."""
    who, told = person(chance), chance.random() < 0.4
    what = _plant(chance, who, "newcomer_lines.tsv", told=told)
    around = chance.choice(sorted(wrappings.AROUND))
    if around == "one line" and ("\n" in what.text or what.family in _COLUMNS):
        return None
    wrap = wrappings.AROUND[around]
    lines = [
        filled(chance, chance.choice(INNOCENT)) for _ in range(chance.randrange(2, 7))
    ]
    if _is_said(what, wrap("\n".join(line for line, _ in lines))):
        return None
    at = chance.randrange(len(lines) + 1)
    before, after = lines[:at], lines[at:]
    text = wrap("\n".join([*_texts(before), what.text, *_texts(after)]))
    useful = [word for _, words in lines for word in words if word in text]
    if around in wrappings.HIDING:
        useful = []
    return _case(number, what, around, text, who, useful, told=told)


def _texts(lines: list[tuple[str, list[str]]]) -> list[str]:
    return [line for line, _ in lines]


def _carried(chance: random.Random, number: int) -> Case | None:
    """A value in the place that a carrier has for one."""
    who, told = person(chance), chance.random() < 0.5
    what = _plant(chance, who, "newcomer_forms.tsv", told=told)
    carrier = chance.choice(rows("newcomer_carriers.tsv"))
    escape = carrier.secrets[0]
    if not _fits(what, carrier.name, escape):
        return None
    empty, useful = filled(chance, carrier.text)
    if _is_said(what, empty):
        return None
    value = what.text
    if what.family.startswith("known:") and chance.random() < 0.3:
        value = chance.choice(wrappings.DISGUISES)(value)
    text = empty.replace("%V%", wrappings.ESCAPES[escape](value))
    return _case(number, what, carrier.name, text, who, useful, told=told)


def _fits(what: Planted, carrier: str, escape: str) -> bool:
    """Whether the carrier can hold the value as somebody would have written it."""
    kind = what.family.partition(":")[0]
    if carrier in _OF_PATHS:
        return kind in {"path", "token", "entropy"}
    if what.family in _COLUMNS:
        return carrier in {"diff", "journal-short", "json-line", "yaml-block"}
    if "\n" in what.text:
        return escape != "none" or carrier in {"prose", "clipboard", "py-traceback"}
    return True


def _is_said(what: Planted, innocent: str) -> bool:
    """Whether a value is in the text by chance, or twice in what was planted."""
    read = readings(innocent, 2)
    if any(is_in(secret, read) for secret in what.secrets):
        return True
    return any(
        is_in(secret, [folded(what.text.replace(secret, "QQ"))])
        for secret in what.secrets
    )


def _case(
    number: int,
    what: Planted,
    carrier: str,
    text: str,
    who: Person,
    useful: list[str],
    *,
    told: bool,
) -> Case:
    if told:
        own = {folded(each) for each in (who.login, who.host, who.first, who.last)}
        useful = [
            word for word in useful if not any(each in folded(word) for each in own)
        ]
    identity = who.identity if told else None
    return Case(
        number, what.family, carrier, text, identity, what.secrets, tuple(useful)
    )
