"""File paths of every system: what is private in them goes, what is shared stays."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scrubbers.rule import Rule, Span, Subject, pattern_rule
from scrubbers.rules.path_parts import Cut, cut_below_home, cut_private

if TYPE_CHECKING:
    from collections.abc import Iterator

# A separator or tilde, seen from where it stands, may start a path. A slash after a
# word is division or a relative path, unless a flag is glued to it (-I/home) or a
# home follows (a path cut in the middle). After a root that a placeholder stands
# for, the rest of the path has been dealt with.
_MARK = re.compile(r"[/\\~]")
_AFTER_ROOT = (
    r"(?<!<home>)(?<!<path>)(?<!<user>)(?<!<host>)(?<!<ip>)(?<!<url>)(?<!<app>)(?<!<stdlib>)"
    r"(?<!<site-packages>)(?<!<private>)"
)
_HOME = r"(?:home|Users|Documents and Settings)"
_START = re.compile(
    r"(?P<drive>(?<=(?<![A-Za-z0-9<])[A-Za-z]:)[\\/](?!/))"
    r"|(?P<relative>(?:(?<=(?<![\w/\\<.-])home)|(?<=(?<![\w/\\<.-])Users))"
    r"[/\\](?=[^\s/\\<>]+(?: [^\s/\\<>]+){0,2}[/\\]))"
    rf"|(?P<unc>(?<![\w\\]){_AFTER_ROOT}\\{{2,16}}(?:[?.]\\+UNC\\+)?"
    r"(?=[^\s\\/\"':;,|?]+\\+[^\s\\\"']))"
    rf"|(?P<backhome>(?<![A-Za-z0-9\\]){_AFTER_ROOT}\\+(?=(?:Device\\+\w{{1,32}}\\+)?{_HOME}\\))"
    r"|(?P<variable>(?:(?<=[A-Za-z]%)|(?<=\$HOME)|(?<=USERPROFILE)|(?<=HOMEPATH))[\\/]"
    r"(?=[^\s\\/%\"']))"
    rf"|(?P<tilde>(?:(?<![\w~/.)\]+-]){_AFTER_ROOT}|(?<=^[+-]))~"
    r"(?=[^\W\d][\w.\x80-\U0010ffff-]*(?:[/\\\s\"':,;)\]>|`}]|$)|[/\\]))"
    rf"|(?P<posix>(?:(?<![\w.<~/%)\]-])(?<!&lt;){_AFTER_ROOT}|(?<=[\s\"']-[A-Za-z])|(?<=^-))"
    r"/(?=[^\s/*<>=]|/+[\w.]))"
    r"|(?P<tagged>(?<=<)/(?=[^\s/<>]+/[^\s<>]))"
    r"|(?P<inner>(?<=[\w.)%\]-])/(?=(?:home|Users|export/home|var/home)/[^\s/<]))",
    re.IGNORECASE,
)
_WINDOWS = frozenset({"drive", "unc", "backhome", "variable"})
_POSIX_BODY = re.compile(
    r"(?:(?<=Documents) and (?=Settings[/\\])"
    r"|[^\s\x00-\x1f\"'<>|;,:*?`\\(){}\[\]]|(?<=\w)'(?=\w)|\\(?=[ xuU0-3])[^\n]"
    r"|<[a-z]+>|&(?:#x27|#39|apos);(?=\w))+"
)
_WINDOWS_BODY = re.compile(
    r"(?:[^\s\x00-\x1f\"'<>|;,:*?`(){}\[\]]|(?<=\w)'(?=\w)|<[a-z]+>"
    r"|(?<=Files) \(x86\)|(?<=Documents) and (?=Settings\\)|&(?:#x27|#39|apos);(?=\w))+"
)
# A quoted path ends with its quote, or before what cannot belong to it.
_QUOTED_END = re.compile(
    r"[\x00-\x1f<>|]|(?<!&#x27)(?<!&#39)(?<!&apos);|\"(?!')|:[/\d]|[:,] "
    r"| (?=[-/~\"'&|>])| (?=[A-Za-z]:[\\/])| (?=\\\\)| (?=\.{1,2}/)| (?=\w+=)"
    r"|\\\""
)
# Unquoted, a path goes on after a space if another separator follows soon.
_MORE_WORDS = re.compile(
    r"(?: (?!(?:and|or|in|at|to|from|for|on|is|was|not|with|by|of|HTTP|line|as|the|if"
    r"|a|an)\b)"
    r"(?![-~]|\.{1,2}/)[^\s/\\:\"'<>|=,;()\[\]{}*?]{1,32}){1,4}(?<!@)(?=[/\\][^\s/\\])"
)
_MORE_NAMES = re.compile(
    r"(?: (?!(?:Error|Exception|File|Line|The|Traceback|Is|Not|No|Failed|PID|OK|I"
    r"|At)\b)"
    r"(?:[A-ZÀ-ÞΑ-ΩА-Я][\w'.-]*|van|von|der|den|de|la|le|el|bin|al|da|dos|du|di)"
    r"(?![\w:=/\\(])){1,3}"
)
_LAST_WORDS = re.compile(
    r"(?! (?:and|or|in|at|to|from|for|on|is|was|not|with|by|of)\b)"
    r"(?: (?!-)[\w'&+-]+){1,4}\.[A-Za-z][A-Za-z0-9]{1,4}\b(?![/\\(:=.])"
)
_EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,4}$")
# Names longer than this are no file names; it also bounds the search.
_LONGEST_QUOTE = 4096
_SEPARATORS = re.compile(r"[/\\]+")
_POSIX_SEPARATORS = re.compile(r"/+")
_URL_BEFORE = re.compile(
    r"(?<![A-Za-z0-9])(?!file)[a-z][a-z0-9+.-]{1,24}:$", re.IGNORECASE
)


def _find_paths(subject: Subject) -> Iterator[Span]:
    text = subject.text
    at = 0
    while mark := _MARK.search(text, at):
        at = mark.end()
        match = _START.match(text, mark.start())
        if match is None:
            continue
        kind = str(match.lastgroup)
        start, body = _reach_back(text, match, kind)
        end = _end_of_path(text, start, body, kind)
        at = max(end, match.end())
        if kind != "posix" or not _is_url(text, start):
            yield from _spans_of(text, start, body, end, kind)


def _reach_back(text: str, match: re.Match[str], kind: str) -> tuple[int, int]:
    """Where the path starts, and where its first component does."""
    if kind == "drive":
        return match.start() - 2, match.end()
    if kind == "relative":
        first = match.start() - (4 if text[match.start() - 1] in "eE" else 5)
        return first, first
    return match.start(), match.end()


def _is_url(text: str, start: int) -> bool:
    """Whether this double slash belongs to a URL, which has a rule of its own."""
    if not text.startswith("//", start):
        return False
    return _URL_BEFORE.search(text[max(0, start - 26) : start]) is not None


def _end_of_path(text: str, start: int, body: int, kind: str) -> int:
    # Windows' sign of a path of any length may stand between a quote and a drive.
    quote = text[max(0, start - 12) : start].rstrip("\\?.")[-1:]
    if quote in {'"', "'"} and (end := _end_of_quote(text, body, quote)):
        return end
    windows = kind in _WINDOWS
    pattern = _WINDOWS_BODY if windows else _POSIX_BODY
    end = _after(pattern, text, body)
    for _ in range(6):
        longer = _after(_MORE_WORDS, text, end)
        if longer == end or _has_extension(text, body, end):
            break
        end = _after(pattern, text, longer)
    if not _has_extension(text, body, end):
        longer = _after(_LAST_WORDS, text, end)
        end = longer if longer != end else _after(_MORE_NAMES, text, end)
    return end


def _end_of_quote(text: str, body: int, quote: str) -> int:
    """Where a quoted path ends; 0 if its quote is never closed on this line."""
    closing = body
    while (closing := text.find(quote, closing)) >= 0:
        # Doubled is how YAML and SQL write one that belongs to the text.
        shell = text.startswith("'\"'\"'", closing)
        after = closing + (5 if shell else 2 if text.startswith("''", closing) else 1)
        inside_word = text[closing - 1].isalnum() and text[after : after + 1].isalpha()
        if quote == '"' or not inside_word:
            break
        closing = after
    else:
        return 0
    early = _QUOTED_END.search(text, body, closing)
    end = early.start() if early else closing
    while end > body and text[end - 1] == "\\":
        end -= 1
    return end


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _has_extension(text: str, body: int, end: int) -> bool:
    return _EXTENSION.search(text, max(body, end - 8), end) is not None


def _spans_of(text: str, start: int, body: int, end: int, kind: str) -> Iterator[Span]:
    windows = kind in _WINDOWS
    pattern = _SEPARATORS if windows or kind == "relative" else _POSIX_SEPARATORS
    pieces = _split(text, body, end, pattern)
    if kind in {"tilde", "variable"}:
        yield from _tilde_spans(text, start, pieces)
        return
    if not pieces:
        return
    slashes = text[start : start + 3]
    unc = kind == "unc" or (slashes[:2] == "//" and slashes != "///")
    cuts = cut_private([text[a:b] for a, b in pieces], rooted=not unc)
    yield from _to_spans(cuts, pieces, start)


def scrub_plain(
    parts: list[str], cuts: list[Cut]
) -> tuple[str, tuple[tuple[str, int], ...]]:
    """What ``PATHS`` makes of a quoted path of plain components, from the root on.

    Args:
        parts: The components, none of which is empty or climbs.
        cuts: What ``cut_private`` says of them.

    Returns:
        The path without what is private, and for each cut its rule and length.
    """
    kept: list[str] = [""]
    found: list[tuple[str, int]] = []
    at = 0
    for first, last, placeholder in cuts:
        kept += parts[at:first]
        if first == 0:
            kept.clear()
        kept.append(placeholder)
        size = sum(map(len, parts[first:last])) + last - first - (first > 0)
        found.append((PATHS.name, size))
        at = last
    kept += parts[at:]
    return "/".join(kept), tuple(found)


def is_cut_through(path: str) -> bool:
    """Whether the rule finds nothing more in a path that it has cut.

    Cutting may uncover a path: of ``/a/lib/python3.11/home/zoe`` a home is left.
    """
    return next(iter(_find_paths(Subject(f'"{path}"'))), None) is None


def _tilde_spans(
    text: str, start: int, pieces: list[tuple[int, int]]
) -> Iterator[Span]:
    if text[start] == "~" and pieces and pieces[0][0] == start + 1:
        yield Span(start, pieces[0][1], "path", "<home>")
        pieces = pieces[1:]
    if pieces:
        cuts = cut_below_home([text[a:b] for a, b in pieces])
        yield from _to_spans(cuts, pieces, pieces[0][0])


def _to_spans(
    cuts: list[Cut], pieces: list[tuple[int, int]], start: int
) -> Iterator[Span]:
    for cut in cuts:
        first = start if cut.first == 0 else pieces[cut.first][0]
        yield Span(first, pieces[cut.last - 1][1], "path", cut.placeholder)


def _split(
    text: str, start: int, end: int, pattern: re.Pattern[str]
) -> list[tuple[int, int]]:
    pieces: list[tuple[int, int]] = []
    at = start
    for separator in pattern.finditer(text, start, end):
        if separator.start() > at:
            pieces.append((at, separator.start()))
        at = separator.end()
    if at < end:
        pieces.append((at, end))
    return pieces


# USERNA~1: the short name Windows gives to long ones, found outside a home path too.
_SHORT_NAME = re.compile(r"(?<![\w.+~-])[A-Z][A-Z0-9_]{1,5}~[1-9](?![\w.~+-])")


def _find_short_names(subject: Subject) -> Iterator[Span]:
    for match in _SHORT_NAME.finditer(subject.text):
        yield Span(match.start(), match.end(), "path", "<user>")


# Folders that are not the system's.
_OUTSIDE = (
    r"(?:usr!)?home\w?|[cd]!Users|Users|root|export|media|mnt|run|tmp|var|srv|data|private|System"
    r"|net|afs|proc|cygdrive|\.\w{1,32}"
)

PATHS: Final = Rule("path", _find_paths, ("/", "\\", "~"))

RULES: Final = (
    PATHS,
    Rule("path", _find_short_names, outlines=("a~0", "0~0")),
    # As the kernel names a core after its program (core(5), %E): slashes become "!".
    pattern_rule(
        "path",
        "<path>",
        rf"(?<![\w!])!(?:{_OUTSIDE})!(?:[^\s\"'<>]|(?<=\w)'(?=\w)){{1,1024}}"
        r"(?: [^\s\"'<>!]{1,64}(?:!|\.\w{1,4}\b)[^\s\"'<>]{0,255})?",
        needs=("!",),
        between=("!",),
    ),
)
