"""Words and values that many machines share, so that alone they name nobody."""

from __future__ import annotations

import re

# Logins, host names and surnames that are words of programs too.
ORDINARY_WORDS = frozenset(
    """
    a admin administrator agent alpha android app application archive arch art async
    auto backup bar base bash beta bin black blue boot box branch brown build builder
    bus byte cache call case cell center cent chain char chart check child ci class
    client clock close cloud code color command common config connect console container
    context control cook copy core count cpu crash cross current cursor daemon dark data
    date day debian debug default demo desktop dev device dict dictionary dir disk
    display docker docs document domain double draw drive driver edit editor else empty
    end engine entry env error escape event exec exit export fedora fetch field file
    filter final find first fish flag float flow font foo foreground format fox frame
    free front full func function git github glass global gnome gold gray green grey
    group guest hall handle handler hard hardware hash head height help hidden high
    home hook host hunter icon image import in index info init input int intel internal
    io item iter jenkins join json kde kernel key king kitty known label lab lambda
    language laptop last layer layout leaf left length level lib light line link linux
    list live load local localhost lock log logger login long loop low mac machine mail
    main make manager map mark mask master match max me media memory menu message meta
    method min minor mode model module monitor mount mouse move name native net network
    new next nobody node none normal null number object odd off old on open operator
    option order os other out output owner pack package page paint pair panel parent
    park parse part password patch path pause pc pi pipe pixel place plain play plugin
    point pool port post power price print private process profile program project
    property proxy public push py pytest python query queue quick quit range raw read
    ready record red redraw refresh region release remote render renderer report
    request reset resize resource rest result return rich right root row rule run
    runner rust sample save scale scan screen script scroll search section select self
    send sentry serial server service session set setup shell short show sign signal
    simple single site size skip sleep small socket sort source space spawn split stack
    staff stage start state static status step stone stop store stream string strip
    strong student style sub sudo super support switch symbol sync sys system tab table
    tag target task team temp term terminal test tester testing text theme thread tick
    time timer title tmp token tool top total trace tracker transform tree trim true
    turn type ubuntu ui unicode unit unix unknown update upgrade upload url usage use
    user username utf util utility vagrant valid value vector version view virtual vm
    walk wall watch web white wide widget width will window winter wood word work
    worker workspace workstation world wrap write x xterm year yellow young zero zone
    """.split()  # noqa: SIM905 - a list of words is read, not typed in quotes
)

# Environment values and arguments that say nothing: terminals, locales, numbers.
_ORDINARY_VALUE = re.compile(
    r"[-+]?[\d.:,x%]*|(?:xterm|screen|tmux|rxvt|linux|vt|alacritty|kitty|foot|st|konsole"
    r"|gnome|pachyterm|terminator|dumb|ansi)[\w.-]*|[a-z]{2}(?:_[A-Z]{2})?(?:\.[\w-]+)?(?:@\w+)?"
    r"|C(?:\.UTF-?8)?|POSIX|en_US:en|:\d+(?:\.\d+)?|wayland-\d+|x11|wayland|tty\d*|truecolor|24bit"
    r"|true|false|yes|no|on|off|auto|always|never|none|default|user|seat\d|unspecified"
    r"|[A-Z][a-z]+/[A-Z][A-Za-z_]+|UTC|GMT|UTF-?8|utf-?8|ubuntu|debian|fedora|GNOME|KDE|XFCE"
    r"|--?[A-Za-z0-9][A-Za-z0-9-]*|less|more|cat|vi|vim|nano|emacs|-[A-Za-z]*R[A-Za-z]*",
)
_SHARED_PATH = re.compile(
    r"/(?:usr|lib|lib64|bin|sbin|etc|proc|sys|dev|opt|snap|var/lib|var/log)?"
    r"(?:/(?!user/)[A-Za-z0-9._+-]*)*/?"
)


def is_ordinary_word(word: str) -> bool:
    """Whether a login or host name is too short or too common to mean a person."""
    return (
        len(word) < (3 if word.isascii() else 2)
        or word in ORDINARY_WORDS
        or word.isdecimal()
    )


def is_ordinary_value(value: str) -> bool:
    """Whether an argument's or variable's value is one that any machine may have."""
    if len(value) < 4 or value.casefold() in ORDINARY_WORDS:
        return True
    if _ORDINARY_VALUE.fullmatch(value):
        return True
    return all(
        part == "" or _SHARED_PATH.fullmatch(part) is not None
        for part in value.split(":")
    )
