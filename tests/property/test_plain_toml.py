"""Settings read the short way are those read the long way."""

import string
import tempfile
import tomllib
from datetime import date
from pathlib import Path

import hypothesis
from hypothesis import strategies as st

from crashwatch.configuration import Configuration, load_configuration
from crashwatch.errors import ConfigurationError
from reports.plain_toml import read_plain
from tests.fuzz import plain_toml

MEANS_NOTHING = "\n# \\"
"""A comment with a backslash: a text that ends in it is not plain, and says as much."""

BARE = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=9)
INSIDE = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters="\"'\\"), max_size=9
)
SINGLE = st.one_of(
    INSIDE.map(lambda text: f'"{text}"'),
    INSIDE.map(lambda text: f"'{text}'"),
    st.sampled_from(["true", "false", "0", "-0", "+7", "-0.0", "1.50"]),
    st.integers(-(10**14), 10**14).map(str),
    st.dates().map(date.isoformat),
)
GAP = st.sampled_from(["", " ", "\t", "  "])
NEXT = st.sampled_from(["", " ", "\n", "  # why\n", "\n\n\t"])


@st.composite
def lists(draw: st.DrawFn) -> str:
    items = draw(st.lists(SINGLE, max_size=4))
    text = "".join(draw(NEXT) + item + draw(NEXT) + "," for item in items)
    return f"[{text if draw(st.booleans()) else text[:-1]}{draw(NEXT)}]"


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Plain TOML: every key and table once."""
    names = draw(st.lists(BARE, unique=True, max_size=5))
    tables = draw(st.lists(BARE, unique=True, max_size=3))
    lines = []
    for table in ["", *(t for t in tables if t not in names)]:
        if table:
            lines.append(f"{draw(GAP)}[{table}]{draw(GAP)}# a table")
        for name in names:
            value = draw(st.one_of(SINGLE, lists()))
            lines.append(f"{draw(GAP)}{name}{draw(GAP)}={draw(GAP)}{value}")
    return "\n".join(lines)


@hypothesis.given(documents())
def test_what_is_plain_is_read(text: str) -> None:
    assert repr(read_plain(text)) == repr(tomllib.loads(text))


PIECES = [
    *"=[]\"'#,.\n\t -+_{}ab",
    *("\na = ", "\nb = [", "a.b", "\n[a]\n", "\n[a.b]\n", "[[a]]", '["a/b"]', "['a']"),
    *('"""', "'''", '""', "\\n", "\r\n", "\0", "é", "\u00a0", "\u2028", "٣"),
    *("true", "inf", "01", "1_0", "0x1", "1e3", "1.", ".5", "1.5", "9" * 20),
    *("2026-11-27", "2026-13-01", "2026-1-001", "10:00:00", "1979-05-27T07:32:00Z"),
]


@hypothesis.given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@hypothesis.example("[a.b]\n[a]\nb = 1")
@hypothesis.example("a = 1\n[a.b]")
@hypothesis.example("a = 01")
@hypothesis.example("a = -01.5")
@hypothesis.example('a = "\0"')
@hypothesis.example('a = "\u007f"')
@hypothesis.example("a = 1\r")
@hypothesis.example("# \b")
@hypothesis.example('a = "\\q"')
@hypothesis.example("a = '''\nb = 1\n'''")
@hypothesis.example('a = """\nb = 1"""')
@hypothesis.example('a = [\n"""\n"""]')
@hypothesis.example('["""a"""]')
@hypothesis.example("[a]\n[a]")
@hypothesis.example('a = ""b')
@hypothesis.example("a = [1 2]")
@hypothesis.example("a = [,]")
@hypothesis.example("a = [[1], [2]]")
@hypothesis.example('["a.b".c]')
@hypothesis.example("a = 99999999999999999999")
@hypothesis.example("a = 0.1000000000000000055511151231257827")
def test_any_text(text: str) -> None:
    plain_toml.TARGET(text.encode())


@hypothesis.given(documents(), st.data())
def test_plain_but_for_one_place(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = start + data.draw(st.integers(0, 2))
    piece = data.draw(st.sampled_from(["", *PIECES]))
    plain_toml.TARGET((text[:start] + piece + text[end:]).encode())


def configured(text: str) -> Configuration | str:
    """What ``config.toml`` sets, or what is said against it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "config.toml")
        file.write_text(text, "utf-8")
        try:
            return load_configuration(file, {"HOME": "/home/made-up"})
        except ConfigurationError as error:
            return f"{error} {error.hint}".replace(folder, "")


SETTINGS = [
    *("prompt_timeout = 30", "prompt_timeout = 0", "prompt_timeout = true"),
    *('dsn = "https://key@errors.example.org/1"', 'dsn = "https://no"', "dsn = 1"),
    *('app_roots = ["~/made-up", "/opt/x"]', 'app_roots = ["/"]', "app_roots = [1]"),
    *('thread_names = ["pty-reader"]', 'capture = "hold"', 'capture = "other"'),
    *("hang_seconds = 0.5", "resident = true", 'plugins = ["git"]', "unheard_of = 1"),
    *("[retention]", "sent_days = 7", "sent_days = 31", "[delivery]", "daily_kb = 5"),
    *("[regions.eu]", 'forbid = ["usage"]', "minimum_age = 16", "[regions]", "[other]"),
    *("headless_consent = ['crash']", "registry = 'metrics.toml'", "# why", "= 3"),
]


@hypothesis.given(st.lists(st.sampled_from(SETTINGS), max_size=5).map("\n".join))
def test_settings_and_faults_are_the_same_without_the_short_way(text: str) -> None:
    assert read_plain(text + MEANS_NOTHING) is None
    assert configured(text) == configured(text + MEANS_NOTHING)


def test_our_own_registry_is_plain() -> None:
    text = Path("reports/usage/metrics.toml").read_text("utf-8")
    assert read_plain(text) == tomllib.loads(text)
