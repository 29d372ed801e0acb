"""Places, machines and addresses of the second corpus."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.doubles.other_corpus_fact import Fact, ascii_login

if TYPE_CHECKING:
    import random

    from tests.doubles.other_corpus_people import Somebody

FOLDERS = ("thesis-draft", "Steuer 2024", "klientInnen", "divorce", "работа", "秘密")


def home_path(rng: random.Random, who: Somebody) -> Fact:
    login, folder = who.login, rng.choice(FOLDERS)
    text = rng.choice(
        [
            "/home/{u}/{f}/app.py",
            "/home/{u}",
            "/home/{u}/",
            "//home/{u}/{f}",
            "/home//{u}//{f}/x.py",
            "/home/./{u}/../{u}/{f}/x.py",
            "/mnt/c/Users/{u}/{f}/x.py",
            "/mnt/wsl/x/home/{u}/{f}/x.py",
            "/cygdrive/c/Users/{u}/{f}/x.py",
            "/nfs/homes/{u}/{f}/x.py",
            "/net/nas/home/{u}/{f}/x.py",
            "/afs/example.org/home/{u}/{f}/x.py",
            "/System/Volumes/Data/Users/{u}/{f}",
            "/Users/{u}/Library/Application Support/{f}/x.py",
            "C:\\Users\\{u}\\{f}\\x.py",
            "c:/users/{u}/{f}/x.py",
            "C:\\Users\\{u}",
            "\\\\?\\C:\\Users\\{u}\\{f}\\x.py",
            "\\\\?\\UNC\\{h}\\Users\\{u}\\{f}\\x.py",
            "\\\\.\\C:\\Users\\{u}\\x.py",
            "\\\\wsl$\\Ubuntu-22.04\\home\\{u}\\{f}\\x.py",
            "\\\\wsl.localhost\\Debian\\home\\{u}\\{f}\\x.py",
            "//wsl$/Ubuntu/home/{u}/{f}/x.py",
            "\\\\{h}\\homes$\\{u}\\{f}\\x.py",
            "\\Users\\{u}\\{f}\\x.py",
            "D:\\Profiles\\{u}\\{f}\\x.py",
            "/home/{u}/.local/lib/python3.11/site-packages/pyte/screens.py",
            "/home/{u}/.cache/pip/http-v2",
            "/var/home/{u}/{f}",
            "/home/{u}.old/{f}/x.py",
            "/media/{u}/{f}/x.py",
            "/run/media/{u}/{f}/x.py",
            "/var/mail/{u}",
            "/var/spool/cron/crontabs/{u}",
            "/var/lib/AccountsService/icons/{u}",
            "/tmp/pytest-of-{u}/pytest-3/x.py",
            "/tmp/{u}-runtime/x.sock",
            "/tmp/ssh-{u}/agent.1",
            "/tmp/pulse-{u}/native",
            "/var/tmp/portage-{u}/x.py",
            "/run/user/1000/{u}/bus",
            "/proc/1/root/home/{u}/x.py",
            "/proc/4242/cwd/home/{u}/{f}/x.py",
            "/snap/code/1/home/{u}/x.py",
            "~{u}/{f}/x.py",
            "file:///home/{q}/{g}/x.py",
            "file://{h}/home/{q}/{g}/x.py",
            "file:/home/{q}/{g}/x.py",
            "file:///C:/Users/{q}/{g}/x.py",
            "vscode-remote://wsl+Ubuntu/home/{q}/x.py",
            "sftp://{h}/home/{q}/{g}/x.py",
            "smb://{h}/homes/{q}/x.py",
            "-I/home/{u}/include",
            "--prefix=/home/{u}/opt",
            "PATH=/usr/bin:/home/{u}/bin:/usr/local/bin",
            "LD_LIBRARY_PATH=/opt/x/lib:/home/{u}/lib",
            "unix:path=/home/{u}/.bus/x,guid=1",
            "/home/{u}/src/x.py:77:5: error",
            "(/home/{u}/src/x.py:77)",
            "</home/{u}/src/x.py>",
            "[/home/{u}/src/x.py]",
            "`/home/{u}/src/x.py'",
            "@/home/{u}/x.json",
            "..%2F..%2Fhome%2F{q}%2Fx",
            "..%252Fhome%252F{q}%252Fx",
            "%2Fhome%2F{q}%2F{g}",
            "home/{u}/src/x.py",
            "C%3A%5CUsers%5C{q}%5Cx",
            "/C:/Users/{u}/x.py",
        ]
    )
    filled = text.format(u=login, f=folder, q=quote(login), g=quote(folder), h=who.host)
    return Fact(filled, (login, *((who.host,) if "{h}" in text else ())))


def short_name(rng: random.Random, who: Somebody) -> Fact:
    short = rng.choice(["QUISTG~1", "OSHAUG~2", "PAPADO~1", "DMITRI~3"])
    text = rng.choice(
        [
            f"C:\\Users\\{short}\\AppData\\Local\\Temp\\x.py",
            f"C:\\DOCUME~1\\{short}\\LOCALS~1\\Temp\\x",
            f"c:/Users/{short}/x.py",
            f"C:\\\\Users\\\\{short}\\\\x.py",
        ]
    )
    return Fact(text, (short,))


def rooted_secret(rng: random.Random, who: Somebody) -> Fact:
    """Places without a login in them: the folder names themselves are personal."""
    folder = rng.choice(("divorce-papers", "projekt-schweigen", "klient-meyerhold"))
    text = rng.choice(
        [
            f"/root/{folder}/x.txt",
            f"/media/usb0/{folder}/x.txt",
            f"/mnt/backup/{folder}/x.txt",
            f"/srv/{folder}/x.txt",
            f"/data/{folder}/x.txt",
            f"D:\\{folder}\\x.txt",
            f"E:/{folder}/x.txt",
            f"\\\\{who.host}\\share\\{folder}\\x.txt",
            f"/Volumes/{folder}/x.txt",
            f"~/{folder}/x.txt",
            f"/opt/../root/{folder}/x.txt",
            f"$HOME/{folder}/x.txt",
            f"${{HOME}}/{folder}/x.txt",
            f"%USERPROFILE%\\{folder}\\x.txt",
        ]
    )
    return Fact(text, (folder,))


def mail(rng: random.Random, who: Somebody) -> Fact:
    box = rng.choice([who.email.partition("@")[0], "quillan.z", "z_o-e+tag"])
    domain = rng.choice(
        [who.domain, "localhost", who.host, "büro.example", "[10.3.2.1]"]
    )
    text = rng.choice(
        [
            f"{box}@{domain}",
            f"<{box}@{domain}>",
            f"mailto:{box}@{domain}?subject=x",
            f'"{box}"@{domain}',
            f"{box.upper()}@{domain.upper()}",
            f"{box}&#64;{domain}",
            f"{box}%40{domain}",
            f"{box}\\u0040{domain}",
            f"{box}\uff20{domain}",
            f"{box} [at] {who.domain.replace('.', ' [dot] ')}",
        ]
    )
    return Fact(text, (f"{box}@", box) if box != "zo" else (box,))


def internet(rng: random.Random, who: Somebody) -> Fact:
    four = [rng.randrange(1, 254) for _ in range(4)]
    dotted = ".".join(map(str, four))
    six = f"2001:db8:{rng.getrandbits(16) | 4096:x}:{rng.getrandbits(16) | 4096:x}::{rng.getrandbits(16) | 4096:x}"  # noqa: E501 - an address in one piece
    text, secret = rng.choice(
        [
            (f"{dotted}", dotted),
            (f"peer {dotted}:51234 gone", dotted),
            (f"::ffff:{dotted}", dotted),
            (f"[::ffff:{dotted}]:443", dotted),
            (f"http://{dotted}/x", dotted),
            (f"tcp/{dotted}:22", dotted),
            (f"inet {dotted}/24 brd 1.2.3.255", dotted),
            (f"('{dotted}', 443)", dotted),
            (f"{dotted}.in-addr.arpa", dotted),
            (f'sin_addr=inet_addr("{dotted}")', dotted),
            (f"ip-{'-'.join(map(str, four))}.ec2.internal", "-".join(map(str, four))),
            (six, six),
            (f"[{six}]:8443", six),
            (f"{six}%wlp3s0", six),
            (f"inet6 {six}/64 scope global", six),
            (
                f"fe80::{rng.getrandbits(16) | 4096:x}:{rng.getrandbits(16) | 4096:x}%eth0",  # noqa: E501 - one line of a file
                "fe80::",
            ),
            (six.upper(), six.upper()),
            (f"https://[{six}]/x", six),
        ]
    )
    return Fact(text, (secret,))


def hardware(rng: random.Random, who: Somebody) -> Fact:
    pairs = [f"{rng.randrange(16, 256):02x}" for _ in range(6)]
    cisco = ".".join("".join(pairs[at : at + 2]) for at in (0, 2, 4))
    text, secret = rng.choice(
        [
            (":".join(pairs), ":".join(pairs)),
            ("-".join(pairs).upper(), "-".join(pairs)),
            (f"link/ether {':'.join(pairs)} brd ff:ff:ff:ff:ff:ff", ":".join(pairs)),
            (f"ether {cisco}", cisco),
            (cisco.upper(), cisco),
            (f"HWaddr {':'.join(pairs)}", ":".join(pairs)),
            (f"wlx{''.join(pairs)}", "".join(pairs)),
            (f"mac={''.join(pairs)}", "".join(pairs)),
            (f"MAC Address: {':'.join(pairs).upper()} (Intel)", ":".join(pairs)),
            (f"dev_{'_'.join(pairs).upper()}", "_".join(pairs)),
        ]
    )
    return Fact(text, (secret,))


def remote(rng: random.Random, who: Somebody) -> Fact:
    user = ascii_login(who)
    text = rng.choice(
        [
            "git@github.com:{u}/geheim.git",
            "git@{h}:team/geheim.git",
            "{u}@{h}:geheim/x.git",
            "ssh://{u}@{h}:2222/~/geheim.git",
            "git+ssh://git@{h}/{u}/geheim.git",
            "https://github.com/{u}/geheim",
            "https://gitlab.com/{u}/geheim.git",
            "origin\tgit@github.com:{u}/geheim.git (fetch)",
            "Permission denied (publickey) for git@{h}:{u}/geheim.git",
            "rsync -a x {u}@{h}:/geheim/",
            "url = git@bitbucket.org:{u}/geheim.git",
            "svn+ssh://{u}@{h}/geheim",
            "git clone {h}:geheim.git",
        ]
    )
    secrets = ["geheim"]
    if "{h}" in text:
        secrets.append(who.fqdn)
    if "{u}" in text:
        secrets.append(user)
    return Fact(text.format(u=user, h=who.fqdn), tuple(secrets))
