"""People of the second corpus, told by what stands around them, or known."""

from __future__ import annotations

import base64
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.doubles.other_corpus_fact import Fact, ascii_login

if TYPE_CHECKING:
    import random

    from tests.doubles.other_corpus_people import Somebody


def windows_identity(rng: random.Random, who: Somebody) -> Fact:
    one, two, three = (rng.randrange(10**8, 2**32) for _ in range(3))
    user = ascii_login(who)
    sid = f"S-1-5-21-{one}-{two}-{three}-1001"
    text, secrets = rng.choice(
        [
            (sid, (f"{one}-{two}-{three}",)),
            (f"HKEY_USERS\\{sid}\\Software", (f"{one}-{two}-{three}",)),
            (f"CORP\\{user} logged on", ()),
            ("USERDOMAIN=QUISTCORP", ("QUISTCORP",)),
            (f"COMPUTERNAME={who.host}", (who.host,)),
            (f"{{S-1-5-21-{one}-{two}-{three}-500}}", (f"{one}-{two}-{three}",)),
        ]
    )
    return Fact(text, secrets)


def control(rng: random.Random, who: Somebody) -> Fact:
    user, words = who.login, "Kündigung Entwurf"
    clip = base64.b64encode(words.encode()).decode()
    end = rng.choice(("\x07", "\x1b\\", "\x9c"))
    text, secrets = rng.choice(
        [
            (f"\x1b]0;{words}{end}", (words,)),
            (f"\x1b]2;{words} - vim{end}", (words,)),
            (f"\x9d2;{words}\x9c", (words,)),
            (f"\x1bk{words}\x1b\\", (words,)),
            (f"\x1b]7;file://{who.host}/home/{quote(user)}{end}", (user, who.host)),
            (f"\x1b]52;c;{clip}{end}", (clip,)),
            (f"\x1b]8;;file:///home/{quote(user)}/x{end}link\x1b]8;;{end}", (user,)),
            (f"\x1b]1337;RemoteHost=qx@{who.host}{end}", (who.host,)),
            (f"\x1b]1337;CurrentDir=/home/{user}{end}", (user,)),
            (f"\x1b]133;C;cmdline={quote(words)}{end}", (words,)),
            (f"\x1bP+q{words.encode().hex()}\x1b\\", (words.encode().hex(),)),
            (f"\x1b_{words}\x1b\\", (words,)),
            (f"\x1b]99;;{words}{end}", (words,)),
            (f"/home/\x1b[1m{user}\x1b[0m/x.py", (user,)),
            (f"/ho\x1b[1mme/{user}/x.py", (user,)),
            (f"\\x1b]0;{words}\\x07", (words,)),
            (f"\\033]0;{words}\\007", (words,)),
            (f"\\u001b]0;{words}\\u0007", (words,)),
            (f"^[]0;{words}^G", (words,)),
            (f"\\e]0;{words}\\a", (words,)),
        ]
    )
    return Fact(text, secrets)


def by_label(rng: random.Random, who: Somebody) -> Fact:
    """A name that its label gives away."""
    user, full = ascii_login(who), who.full
    text, secrets = rng.choice(
        [
            (f"Signed-off-by: {full} <{who.email}>", (full, who.email)),
            (f"Co-authored-by: {full} <{who.email}>", (full, who.email)),
            (f"Author: {full} <{who.email}>", (full, who.email)),
            (f"From: {full} <{who.email}>", (full, who.email)),
            (f'From: "{full}" <{who.email}>', (full, who.email)),
            (f"{full} <{who.email}>", (full, who.email)),
            (f"GIT_AUTHOR_NAME={full}", (full,)),
            (f"GIT_COMMITTER_NAME='{full}'", (full,)),
            (f"user.name={full}", (full,)),
            (f'"full_name": "{full}"', (full,)),
            (f"fullName: {full}", (full,)),
            (
                f"uid=1000({user}) gid=1000({user}) groups=1000({user}),27(sudo)",
                (user,),
            ),
            (f"{user}:x:1000:1000:{full},,,:/home/{user}:/bin/bash", (user, full)),
            (
                f"{user}:$6$abcdefgh$Zz0123456789abcdefghij:19000:0:99999:7:::",
                (user, "Zz0123456789"),
            ),
            (f"drwxr-xr-x  2 {user} {user}    4096 Nov 22 10:00 x", (user,)),
            (f"-rw-r--r--. 1 {user} users 4096 Nov 22 10:00 x", (user,)),
            (
                f"sudo: {user} : TTY=pts/0 ; PWD=/x ; USER=root ; COMMAND=/bin/ls",
                (user,),
            ),
            (f"session opened for user {user}(uid=1000) by (uid=0)", (user,)),
            (
                f"Accepted publickey for {user} from 10.2.3.4 port 22 ssh2",
                (user, "10.2.3.4"),
            ),
            (f"USER={user}", (user,)),
            (f"LOGNAME={user}", (user,)),
            (f"username='{user}'", (user,)),
            (f'{{"user": "{user}"}}', (user,)),
            (f"hostname={who.host}", (who.host,)),
            (f"HOSTNAME={who.host}", (who.host,)),
            (f"'hostname': '{who.host}'", (who.host,)),
            (f"Linux {who.host} 6.1.0-18-amd64 #1 SMP", (who.host,)),
            (f"{user}@{who.host}:~$ make", (user, who.host)),
            (f"[{user}@{who.host} x]$ make", (user, who.host)),
            (f"{user}@{who.host} ~ % make", (user, who.host)),
            (f"root@{who.host}:/# make", (who.host,)),
            (f"Nov 22 10:00:00 {who.host} sshd[77]: x", (who.host,)),
            (f"2024-11-22T10:00:00.123456+01:00 {who.host} kernel: x", (who.host,)),
            (f"{user}   pts/0    2024-11-22 10:00 (10.1.2.3)", ("10.1.2.3",)),
            (f"getaddrinfo failed for host {who.host}", (who.host,)),
            (
                f"ssh: Could not resolve hostname {who.host}: Name or service",
                (who.host,),
            ),
            (f"ssh {user}@{who.host} -p 2222", (user, who.host)),
            (f"connect to {who.fqdn} port 443", (who.fqdn,)),
            (f"CN={full},OU=People,DC=x", (full,)),
            (
                "XAUTHORITY=/run/user/1000/.mutter-Xwaylandauth.QX12ZZ",
                ("1000/.mutter",),
            ),
            ("SSH_CONNECTION=10.1.2.3 51234 10.4.5.6 22", ("10.1.2.3", "10.4.5.6")),
        ]
    )
    return Fact(text, tuple(s for s in secrets), is_line=True)


_LOOKALIKE = str.maketrans(
    "aeopcyxi", "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456"
)


def _written(rng: random.Random, text: str) -> str:
    """The same word, written another way."""
    return rng.choice(
        [
            text,
            text.upper(),
            text.lower(),
            text.casefold(),
            text.swapcase(),
            unicodedata.normalize("NFD", text),
            unicodedata.normalize("NFKD", text),
            "\u200b".join(text),
            "\u2060".join(text),
            text[:2] + "\u00ad" + text[2:],
            text.translate(_LOOKALIKE),
            "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
            text.encode().decode("latin-1"),
            text.encode("utf-8").decode("cp1252", "ignore") if text.isascii() else text,
        ]
    )


def known_word(rng: random.Random, who: Somebody) -> Fact:
    """A name in plain prose: only who knows the person can tell."""
    value = rng.choice([who.login, who.full, who.host, who.fqdn, who.email, who.family])
    written = _written(rng, value)
    text = rng.choice(
        [
            "cannot greet {} today",
            "{}",
            "[{}]",
            "x_{}_y",
            "'{}' is not callable",
            "session-{}.lock",
            "{}'s window",
            "no row for {}!",
            "renamed by {}, twice",
            "value={} size=3",
            "KeyError: '{}'",
            "{}.desktop",
        ]
    )
    return Fact(text.format(written), (written, value), needs_knowledge=True)
