"""Tracebacks of which no two lines are alike: other functions, lines, paths, messages.

Nothing a scrubber remembers of one line helps with the next; only words repeat, as they
do in programs.
"""

import random

_WORDS = (
    *("read", "write", "open", "close", "draw", "paint", "font", "glyph", "pane"),
    *("tab", "key", "event", "session", "buffer", "cursor", "screen", "scroll"),
    *("render", "layout", "resize", "parse", "token", "stream", "socket", "server"),
    *("client", "request", "handler", "worker", "queue", "task", "config", "option"),
    *("value", "index", "matrix", "frame", "color", "theme", "profile", "history"),
    *("search", "match", "cache", "loader", "plugin", "signal", "process", "thread"),
    *("lock", "timer", "input", "output", "encode", "decode", "verify", "update"),
    *("delete", "insert", "select", "commit", "cluster", "shard", "invoice", "order"),
    *("basket", "price", "account", "report", "summary", "chart"),
)
_LIBRARIES = ("asyncio/events", "http/client", "json/decoder", "site-packages/pyte/io")
_STATEMENTS = (
    "result = self.{a}({b}, timeout={n})",
    "return {a}.{b}(*args, **kwargs)",
    "for {a}, {b} in self._{word}.items():",
    'raise {a}Error("{b} is not {word}")',
    "{a} = [{b}[i] for i in range({n})]",
    "with {a}({b}, 'rb') as handle:",
    "if {a} is None or len({b}) == {n}:",
    "await self.{a}.{b}(**options)",
    "{a} = {b}['{word}']",
)
_MESSAGES = (
    "ValueError: invalid literal for int() with base 10: '{n}x'",
    "KeyError: '{a}'",
    "AttributeError: '{a}' object has no attribute '{b}'",
    "RuntimeError: {word} {n} failed after {a} attempts",
    "TypeError: {a}() missing 1 required positional argument: '{b}'",
    "IndexError: frame {n} is out of range",
    "FileNotFoundError: [Errno 2] No such file or directory: '/home/{word}/{a}.json'",
    "ConnectionError: could not reach host {word}-{n}.internal.example.com:{n}",
)


def unlike_tracebacks(size: int, seed: int = 20261127) -> str:
    """At least this many characters of them; the same on every machine."""
    rng = random.Random(seed)
    lines: list[str] = []
    length = 0
    while length < size:
        block = ["Traceback (most recent call last):"]
        for _ in range(rng.randrange(4, 14)):
            block += _frame(rng, len(lines) + len(block))
        block.append(_filled(rng, rng.choice(_MESSAGES), len(lines) + len(block)))
        lines += block
        length += sum(map(len, block)) + len(block)
    return "\n".join(lines)


def _frame(rng: random.Random, number: int) -> list[str]:
    folder = f"/home/{rng.choice(_WORDS)}/src/{_name(rng, number)}/{rng.choice(_WORDS)}"
    if rng.random() < 0.35:
        folder = f"/usr/lib/python3.11/{rng.choice(_LIBRARIES)}"
    path = f"{folder}/{_name(rng, number)}.py"
    place = f'  File "{path}", line {number}, in {_name(rng, number)}'
    return [place, f"    {_filled(rng, rng.choice(_STATEMENTS), number)}"]


def _filled(rng: random.Random, form: str, number: int) -> str:
    a, b = _name(rng, number), _name(rng, number + 1)
    return form.format(a=a, b=b, n=number, word=rng.choice(_WORDS))


def _name(rng: random.Random, number: int) -> str:
    words = rng.sample(_WORDS, rng.choice((2, 2, 3)))
    if rng.random() < 0.3:
        return "".join(map(str.title, words)) + str(number)
    return f"{'_'.join(words)}_{number}"
