"""Whatever is put into a message: told is what its source says, and nothing else."""
# ruff: noqa: ISC004 -- a source of several lines is one text

import itertools

from hypothesis import assume, example, given
from hypothesis import strategies as st

from crashwatch.client.inside.texts import message
from tests.doubles.told_messages import shown

FILE = "/opt/pachy/case.py"
PIECES = st.lists(st.text(max_size=6), min_size=2, max_size=5)
DATA = st.lists(st.one_of(st.text(max_size=8), st.sampled_from("aeé名\n'{}%"))).map(
    lambda texts: [*texts, *"alice"]
)


def f_string(pieces):
    fields = [f"{{data[{number}]}}" for number in range(len(pieces) - 1)]
    escaped = [literal(piece).replace("{", "{{").replace("}", "}}") for piece in pieces]
    return f'f"{woven(escaped, fields)}"'


def percent(pieces):
    fields = ["%s"] * (len(pieces) - 1)
    escaped = [literal(piece).replace("%", "%%") for piece in pieces]
    return f'"{woven(escaped, fields)}" % tuple(data[:{len(fields)}])'


def formatted(pieces):
    escaped = [literal(piece).replace("{", "{{").replace("}", "}}") for piece in pieces]
    return f'"{woven(escaped, ["{}"] * (len(pieces) - 1))}".format(*data)'


def added(pieces):
    fields = [f"data[{number}]" for number in range(len(pieces) - 1)]
    return " + ".join(woven_list([f'"{literal(p)}"' for p in pieces], fields))


FORMS = [f_string, percent, formatted, added]
FRAMES = [
    "def go(data): raise ValueError(MESSAGE)",
    "def go(data):\n msg = MESSAGE\n raise ValueError(msg)",
    "def go(data):\n if data[0] == 'alice': raise KeyError('alice')\n"
    " try: 1 / 0\n except ZeroDivisionError as e: raise ValueError(MESSAGE) from e",
    "class E(Exception):\n def __init__(self, data): super().__init__(MESSAGE)\n"
    "def go(data): raise E(data)",
    "class E(Exception):\n def __init__(self, data): self.data = data\n"
    " def __str__(self):\n  data = self.data\n  return MESSAGE\n"
    "def go(data): raise E(data)",
]


def literal(piece):
    """A piece between double quotes, without a character that Python reads itself."""
    return "".join(
        letter if letter.isalnum() or letter in " {}%" else f"\\U{ord(letter):08x}"
        for letter in piece
    )


def woven_list(pieces, fields):
    both = itertools.zip_longest(pieces, fields)
    return [part for pair in both for part in pair if part is not None]


def woven(pieces, fields):
    return "".join(woven_list(pieces, fields))


def raised(source, data):
    variables = {"__name__": "case"}
    exec(compile(source, FILE, "exec"), variables)
    try:
        variables["go"](data)
    except Exception as error:  # noqa: BLE001 -- one of several classes
        return error
    raise AssertionError


def told(source, data):
    error = raised(source, data)
    message.begin_report()
    texts = message.records(error, error.__traceback__, True)
    return [shown(record) for record in texts]


@given(PIECES, DATA, DATA, st.sampled_from(FORMS), st.sampled_from(FRAMES))
@example(["a", "e"], ["lic"] * 5, ["x"] * 5, f_string, FRAMES[0])
def test_what_is_told_is_the_source_alone(pieces, data, other, form, frame):
    assume(not any("\ud800" <= letter <= "\udfff" for p in pieces for letter in p))
    assume(any(pieces))
    source = frame.replace("MESSAGE", form(pieces))
    inner = [piece for piece in pieces[1:-1] if piece]  # holes that touch are one
    assert told(source, data) == ["<…>".join([pieces[0], *inner, pieces[-1]])]
    assert told(source, other) == told(source, data)
