"""What may be planted: each family makes one surface and says which values it holds."""

from __future__ import annotations

import base64
import string
import unicodedata
from typing import TYPE_CHECKING

from tests.doubles.corpus_people import (
    Person,
    Planting,
)
from tests.doubles.corpus_secrets import (
    card,
    header,
    iban,
    password_of,
    private_key,
    random_string,
    secret_assignment,
    secret_flag,
    token,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Callable


def _tail(rng: random.Random) -> str:
    return rng.choice(
        [
            "proj/app.py",
            "x.txt",
            "My Documents/Tax Return.pdf",
            ".ssh/id_rsa",
            "src/main.rs",
            "a/b/c/d.json",
            "Bilder/Été 2019/img.png",
            "",
        ]
    )


def _case(rng: random.Random, text: str) -> str:
    """The text, or another way of writing the same letters."""
    forms = [
        text,
        text,
        text,
        text.upper(),
        text.casefold(),
        unicodedata.normalize("NFD", text),
        unicodedata.normalize("NFC", text),
    ]
    return rng.choice(forms)


def posix_home(rng: random.Random, person: Person) -> Planting:
    root = rng.choice(
        [
            "/home/",
            "/Users/",
            "/var/home/",
            "/export/home/",
            "/usr/home/",
            "/mnt/c/Users/",
            "/c/Users/",
            "/data/home/",
            "/home/corp/../",
        ]
    )
    name = unicodedata.normalize(rng.choice(["NFC", "NFD"]), person.user)
    return Planting(f"{root}{name}/{_tail(rng)}".rstrip("/"), (person.user,), "path")


def windows_home(rng: random.Random, person: Person) -> Planting:
    root = rng.choice(
        [
            "C:\\Users\\",
            "D:\\Users\\",
            "c:\\users\\",
            "C:/Users/",
            "C:\\Documents and Settings\\",
            "\\\\?\\C:\\Users\\",
        ]
    )
    separator = "/" if "/" in root else "\\"
    tail = _tail(rng).replace("/", separator)
    return Planting(
        f"{root}{person.user}{separator}{tail}".rstrip(separator),
        (person.user,),
        "path",
    )


def unc(rng: random.Random, person: Person) -> Planting:
    root = rng.choice(
        [
            f"\\\\{person.host}\\home$\\",
            "\\\\wsl$\\Ubuntu\\home\\",
            "\\\\wsl.localhost\\Debian\\home\\",
            f"\\\\{person.host}\\Users\\",
        ]
    )
    planted = (person.user, person.host) if person.host in root else (person.user,)
    return Planting(
        f"{root}{person.user}\\" + _tail(rng).replace("/", "\\"), planted, "path"
    )


def other_places(rng: random.Random, person: Person) -> Planting:
    user = person.user.replace(" ", "_")
    surface = rng.choice(
        [
            f"/media/{user}/USB/x.txt",
            f"/run/media/{user}/DISK/a.py",
            f"/var/mail/{user}",
            f"/var/spool/mail/{user}",
            f"/tmp/pytest-of-{user}/pytest-0/x.py",
            f"/tmp/{user}-cache/sock",
            f"~{user}/.bashrc",
            f"/srv/{user}/www/app.py",
            f"/var/lib/AccountsService/users/{user}",
            f"/Volumes/{user}/b.txt",
            f"/data/projects/{user}/run.py",
        ]
    )
    return Planting(surface, (user,), "path")


def file_uri(rng: random.Random, person: Person) -> Planting:
    from urllib.parse import quote

    host = rng.choice(["", "", person.host])
    planted = (person.user, host) if host else (person.user,)
    return Planting(
        f"file://{quote(host)}/home/{quote(person.user)}/" + quote(_tail(rng)),
        planted,
        "uri",
    )


def email(rng: random.Random, person: Person) -> Planting:
    local = person.user.replace(" ", ".").replace("'", "")
    surface = rng.choice(
        [
            person.email,
            person.email.upper(),
            f"{local}@localhost",
            f"<{person.email}>",
            f"mailto:{person.email}",
            f"{local}@{person.host}",
        ]
    )
    return Planting(surface, (surface.strip("<>").removeprefix("mailto:"),))


def ipv4(rng: random.Random, person: Person) -> Planting:
    address = ".".join(str(rng.randrange(1, 255)) for _ in range(4))
    return Planting(
        rng.choice([address, f"{address}:8080", f"[{address}]", f"{address}/24"]),
        (address,),
    )


def ipv6(rng: random.Random, person: Person) -> Planting:
    import ipaddress

    address = ipaddress.IPv6Address(rng.getrandbits(128))
    text = rng.choice(
        [
            address.compressed,
            address.exploded,
            f"fe80::{rng.getrandbits(16):x}:{rng.randrange(1, 9)}",
        ]
    )
    return Planting(
        rng.choice([text, f"[{text}]:443", f"{text}%eth0", f"{text}/64"]), (text,)
    )


def mac(rng: random.Random, person: Person) -> Planting:
    pairs = [f"{rng.randrange(256):02x}" for _ in range(6)]
    text = rng.choice([":", "-"]).join(pairs)
    text = rng.choice([text, text.upper()])
    return Planting(text, (text,))


def url_with_credentials(rng: random.Random, person: Person) -> Planting:
    password = password_of(rng, string.ascii_letters + string.digits + "!$*_-")
    user = person.user.replace(" ", "").replace("'", "")
    scheme = rng.choice(
        [
            "https",
            "ftp",
            "postgresql",
            "mysql+pymysql",
            "redis",
            "amqp",
            "mongodb+srv",
            "ssh",
        ]
    )
    surface = f"{scheme}://{user}:{password}@{person.fqdn}:5432/x"
    return Planting(surface, (password, person.fqdn, f"{user}:"), "uri")


def git_remote(rng: random.Random, person: Person) -> Planting:
    user = person.user.replace(" ", "").replace("'", "")
    surface = rng.choice(
        [
            f"git@github.com:{user}/secret-repo.git",
            f"https://github.com/{user}/secret-repo.git",
            f"ssh://git@{person.fqdn}:2222/{user}/secret-repo.git",
            f"{user}@{person.fqdn}:src/secret-repo.git",
        ]
    )
    return Planting(surface, (user, "secret-repo"), "uri")


def shell_prompt(rng: random.Random, person: Person) -> Planting:
    user = person.user.replace(" ", "").replace("'", "")
    surface = rng.choice(
        [
            f"{user}@{person.host}:~$ ls",
            f"[{user}@{person.host} src]$ make",
            f"ssh {user}@{person.fqdn}",
            f"scp x.txt {user}@{person.fqdn}:/tmp/",
        ]
    )
    return Planting(surface, (f"{user}@", person.host), "line")


def osc_title(rng: random.Random, person: Person) -> Planting:
    clip = base64.b64encode(person.full_name.encode()).decode()
    code, value = rng.choice(
        [
            ("0", person.full_name),
            ("2", f"vim notes of {person.user}"),
            ("7", f"file://{person.host}/home/{person.user}"),
            ("52;c", clip),
        ]
    )
    end = rng.choice(["\x07", "\x1b\\"])
    return Planting(f"\x1b]{code};{value}{end}", (value,), "control")


def environment(rng: random.Random, person: Person) -> Planting:
    name, value = rng.choice(
        [
            ("USER", person.user),
            ("LOGNAME", person.user),
            ("HOME", person.home),
            ("HOSTNAME", person.host),
            ("USERPROFILE", f"C:\\Users\\{person.user}"),
            ("COMPUTERNAME", person.host),
            ("USERNAME", person.user),
            ("PWD", f"{person.home}/src"),
            ("EMAIL", person.email),
            ("GIT_AUTHOR_NAME", person.full_name),
            ("SSH_CLIENT", f"10.{rng.randrange(255)}.3.4 5 22"),
            ("XAUTHORITY", f"{person.home}/.Xauthority"),
        ]
    )
    return Planting(
        f"{name}={value}",
        (value.split(" ")[0] if name == "SSH_CLIENT" else value,),
        "line",
    )


def known_user(rng: random.Random, person: Person) -> Planting:
    user = _case(rng, person.user)
    surface = rng.choice(
        [
            f"profile of {user} not loaded",
            f"{user} pts/0",
            f"session-{user}.lock",
            f"({user})",
            f"[{user}]",
        ]
    )
    return Planting(surface, (person.user,), needs_identity=True)


def known_name(rng: random.Random, person: Person) -> Planting:
    name = _case(rng, person.full_name)
    surface = rng.choice(
        [name, f"letter to {name}", name.replace(" ", "_"), f"welcome back, {name}!"]
    )
    return Planting(
        surface,
        (person.full_name, surface if "_" in surface else person.full_name),
        needs_identity=True,
    )


def known_host(rng: random.Random, person: Person) -> Planting:
    value = rng.choice([person.host, person.fqdn])
    return Planting(
        rng.choice([f"cannot reach {_case(rng, value)}", f"{value}: timed out"]),
        (value,),
        needs_identity=True,
    )


def known_email(rng: random.Random, person: Person) -> Planting:
    return Planting(_case(rng, person.email), (person.email,), needs_identity=True)


FAMILIES: tuple[Callable[[random.Random, Person], Planting], ...] = (
    posix_home,
    windows_home,
    unc,
    other_places,
    file_uri,
    email,
    ipv4,
    ipv6,
    mac,
    url_with_credentials,
    git_remote,
    token,
    private_key,
    secret_flag,
    secret_assignment,
    header,
    random_string,
    card,
    iban,
    shell_prompt,
    osc_title,
    environment,
    known_user,
    known_name,
    known_host,
    known_email,
)
