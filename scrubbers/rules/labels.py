"""Identifiers and words of the screen by what is written before them: ``IMEI: …``."""

from __future__ import annotations

from typing import Final

from scrubbers.rule import SPACES, pattern_rule

_IS = r"(?:\s{0,2}(?:[:=#]|\bis\b|\bno\.?|\bnumber\b)){0,2}\s{0,2}[\"']?"
_MUST = r"\\?[\"']?\s{0,2}[:=]\s{0,4}\\?[\"']?"
_DATE = r"(?:\d{1,4}[-./ ]\d{1,2}[-./ ]\d{1,4}|\d{1,2}\.? [^\W\d_]{3,9}\.? \d{4})"
_DEGREES = r"[-+]?\d{1,3}\.\d{3,}"
# The names of what a screen shows.
_NAMED = tuple(
    f"{what}{joint}name"
    for what in ("window", "tab", "pane", "icon")
    for joint in ("", " ", "_", "-")
)
# What stands between a name and its value.
_AFTER_NAME = (*SPACES, ":", "=", "#", "'", '"')

RULES: Final = (
    # Of machines and cards.
    pattern_rule(
        "number",
        "<number>",
        r"(?<![A-Za-z0-9])(?:serial(?:[ _-]?(?:number|no\.?|nr))?|s/n|imei|imsi|meid"
        r"|iccid|udid"
        r"|machine[ _-]?id|host[ _-]?id|boot[ _-]?id|hardware[ _-]?id|device[ _-]?id"
        r"|product[ _-]?key|asset[ _-]?tag|service[ _-]?tag|vin|vehicle)\b"
        rf"{_IS}\s?(?P<v>(?=[\w-]{{0,40}}\d|(?-i:[A-Z-]{{8,40}}\b))[A-Z0-9][A-Z0-9-]{{4,64}})",
        needs=(
            *("serial", "s/n", "imei", "imsi", "meid", "iccid", "udid", "machine"),
            *("host id", "hostid", "host-id", "host_id", "boot id", "boot-id"),
            *("boot_id", "bootid", "hardware", "device", "product", "asset"),
            *("service", "vin ", "vin:", "vehicle"),
        ),
        before="_.+-",
    ),
    # Of people.
    pattern_rule(
        "number",
        "<number>",
        r"\b(?:passport|driver'?s? licen[cs]e|licen[cs]e plate|national id|tax id"
        r"|vat(?: id)?|ust-?id(?:nr)?|steuer-?id|pesel|cpf|cnpj|dni|nif|bsn|aadhaar"
        r"|pan card|medicare|insurance|swift|bic)\b"
        rf"{_IS}\s?(?P<v>(?-i:(?=[A-Z0-9 -]{{0,12}}\d|[A-Z]{{6}}))"
        r"[A-Z0-9][A-Z0-9./-]{4,24})",
        needs=(
            *("passport", "licen", "national id", "tax id", "steuer", "pesel", "cpf"),
            *("cnpj", "dni ", "dni:", "nif ", "nif:", "bsn", "aadhaar", "pan card"),
            *("medicare", "insurance", "swift", "bic ", "bic:", "vat ", "vat:"),
            *("ustid", "ust-id"),
        ),
        between=_AFTER_NAME,
    ),
    pattern_rule(
        "number",
        "<number>",
        r"\b(?:phone|telephone|telefon|tel|mobile|mobil|cell|fax|handy|whatsapp|signal"
        r"|sms)\b\.?(?:[ _-]?(?:number|no\.?|nr\.?))?\s{0,2}[:=]?\s{0,2}[\"']?"
        r"(?P<v>\(?\+?\d[\d ()./-]{5,20}\d)",
        needs=(
            *("phone", "telephone", "telefon", "tel", "mobil", "cell", "fax"),
            *("handy", "whatsapp", "signal", "sms"),
        ),
        before=".+-",
    ),
    pattern_rule(
        "number",
        "<number>",
        rf"\b(?:born|birth(?:day|date)?|date of birth|dob|geboren|né le|nacid[oa])\b"
        rf"(?: on| am)?{_IS}\s?(?P<v>{_DATE})",
        needs=("born", "birth", "dob", "geboren", "né le", "nacid"),
        between=_AFTER_NAME,
    ),
    pattern_rule(
        "secret",
        "<secret>",
        r"\b(?:cvv2?|cvc2?|cid|pin)(?:[ _-]code)?\b(?: is)?\s{1,2}(?P<v>\d{3,8})\b",
        needs=("cvv", "cvc", "cid ", "pin ", "pin_code", "pin-code"),
        between=SPACES,
    ),
    # Where somebody is.
    pattern_rule(
        "number",
        "<number>",
        rf"\b(?:lat(?:itude)?|lon(?:g(?:itude)?)?|lng|gps|geo|coord(?:inate)?s?)\b{_IS}"
        rf"[(\[]?\s?(?P<v>{_DEGREES}(?:\s{{0,2}}[,;/ ]\s{{0,2}}{_DEGREES})?)",
        needs=("lat", "lon", "lng", "gps", "geo", "coord"),
        outlines=("0.000",),
    ),
    # What was on the screen, or under way to it.
    pattern_rule(
        "screen",
        "<secret>",
        r"(?:\b(?:window|tab|pane|icon)[ _-]?(?:title|name)|\bwm_name|\bclipboard"
        r"(?:[ _-]?(?:text|contents?))?|\b(?:primary[ _-]?)?selection[ _-]?text"
        r"|\btyped|\bpasted|\bkeystrokes?|\bcommand[ _-]?line|\bcmdline|\bargv)"
        rf"{_MUST}(?P<v>(?!0x[0-9a-f]{{4,16}}\b)[^\s\"'<][^\"'\n<]{{0,400}})",
        needs=(
            *("title", "wm_name", "clipboard", "selection", "typed", "pasted"),
            *("keystroke", "command line", "command_line", "command-line"),
            *("commandline", "cmdline", "argv", *_NAMED),
        ),
        between=("=", ":"),
    ),
    # Text inside an address: data:text/plain;base64,…
    pattern_rule(
        "url",
        "<url>",
        r"\bdata:[\w.+/-]{0,60}(?:;[\w=.+-]{1,40}){0,4},(?P<v>[^\s\"'<>)]{1,4096})",
        needs=("data:",),
    ),
)
