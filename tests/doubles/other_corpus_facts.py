"""Single facts of the second corpus: what a line may say of a person, and what of it
must be gone afterwards."""

from __future__ import annotations

import base64
import random
import string
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from tests.doubles.other_corpus_people import Somebody

LETTERS = string.ascii_letters + string.digits
FOLDERS = ("thesis-draft", "Steuer 2024", "klientInnen", "divorce", "работа", "秘密")
FILES = ("lebenslauf.odt", "chat-log.txt", "medical.pdf", "app.py", "notes")


@dataclass(frozen=True, slots=True)
class Fact:
    """Text to plant, its secrets, and whether only who knows the person sees them."""

    text: str
    secrets: tuple[str, ...]
    needs_knowledge: bool = False
    is_line: bool = False


Maker = Callable[[random.Random, Somebody], Fact]


def _draw(rng: random.Random, alphabet: str, low: int, high: int) -> str:
    return "".join(rng.choices(alphabet, k=rng.randint(low, high)))


def _ascii_login(who: Somebody) -> str:
    return who.login if who.login.isascii() and " " not in who.login else "qxlogin"


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
    domain = rng.choice([who.domain, "localhost", who.host, "büro.example", "[10.3.2.1]"])
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
    return Fact(text, (f"{box}@", box) if box not in {"zo"} else (box,))


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
            (f"sin_addr=inet_addr(\"{dotted}\")", dotted),
            (f"ip-{'-'.join(map(str, four))}.ec2.internal", "-".join(map(str, four))),
            (six, six),
            (f"[{six}]:8443", six),
            (f"{six}%wlp3s0", six),
            (f"inet6 {six}/64 scope global", six),
            (f"fe80::{rng.getrandbits(16) | 4096:x}:{rng.getrandbits(16) | 4096:x}%eth0", "fe80::"),  # noqa: E501 - an address in one piece
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


def issued_token(rng: random.Random, who: Somebody) -> Fact:
    upper = string.ascii_uppercase + string.digits
    lower_hex = "0123456789abcdef"
    make = [
        ("AKIA", upper, 16),
        ("ASIA", upper, 16),
        ("ghp_", LETTERS, 36),
        ("gho_", LETTERS, 36),
        ("ghs_", LETTERS, 36),
        ("github_pat_11", LETTERS + "_", 70),
        ("glpat-", LETTERS + "-_", 20),
        ("gldt-", LETTERS, 20),
        ("xoxb-1234567890-", LETTERS, 24),
        ("xoxp-", LETTERS, 40),
        ("xapp-1-", LETTERS, 40),
        ("sk_live_", LETTERS, 24),
        ("rk_live_", LETTERS, 24),
        ("pk_test_", LETTERS, 24),
        ("whsec_", LETTERS, 32),
        ("sk-proj-", LETTERS + "_-", 60),
        ("sk-ant-api03-", LETTERS + "_-", 80),
        ("AIza", LETTERS + "_-", 35),
        ("ya29.", LETTERS + "_-", 60),
        ("GOCSPX-", LETTERS + "_-", 28),
        ("npm_", LETTERS, 36),
        ("pypi-AgEIcHlwaS5vcmcC", LETTERS + "_-", 80),
        ("dop_v1_", lower_hex, 64),
        ("hf_", LETTERS, 34),
        ("dckr_pat_", LETTERS + "-_", 27),
        ("SG.", LETTERS, 22),
        ("EAACEdEose0cBA", LETTERS, 40),
        ("shpat_", lower_hex, 32),
        ("key-", lower_hex, 32),
        ("AGE-SECRET-KEY-1", upper, 58),
        ("tskey-auth-", LETTERS, 20),
        ("lin_api_", LETTERS, 40),
        ("figd_", LETTERS + "-_", 40),
        ("sntrys_", LETTERS, 40),
        ("glc_", LETTERS, 60),
        ("hvs.", LETTERS, 24),
        ("ATATT3xFfGF0", LETTERS, 60),
        ("NRAK-", upper, 27),
        ("xkeysib-", lower_hex, 64),
        ("sl.B", LETTERS + "-_", 60),
        ("rubygems_", lower_hex, 48),
        ("SK", lower_hex, 32),
        ("AC", lower_hex, 32),
        ("PMAK-", lower_hex, 24),
        ("vault:v1:", LETTERS, 40),
        ("CFPAT-", LETTERS + "-_", 43),
        ("ghu_", LETTERS, 36),
        ("sgp_", lower_hex, 40),
        ("dp.pt.", LETTERS, 43),
        ("ops_eyJ", LETTERS, 60),
        ("AQ.Ab8RN6", LETTERS + "-_", 40),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJx", LETTERS, 30),
    ]
    prefix, alphabet, size = rng.choice(make)
    token = prefix + _draw(rng, alphabet, size, size)
    if prefix == "SG.":
        token += "." + _draw(rng, LETTERS, 43, 43)
    if prefix.startswith("eyJh"):
        token += "." + _draw(rng, LETTERS + "-_", 43, 43)
    if token[-1] in "-_":
        token = token[:-1] + "x"
    text = rng.choice(
        ["{}", "token {} refused", "({})", "got '{}'", "x={}", "X-Key: {}", "https://h.example/?k={}"]  # noqa: E501 - one row
    )
    return Fact(text.format(token), (token[len(prefix) :] if len(token) > 40 else token,))


def aws_pair(rng: random.Random, who: Somebody) -> Fact:
    secret = _draw(rng, LETTERS + "/+", 40, 40)
    text = rng.choice(
        [
            "aws_secret_access_key = {}",
            "AWS_SECRET_ACCESS_KEY={}",
            '"SecretAccessKey": "{}"',
            "secretKey: {}",
            "AccountKey={};EndpointSuffix=core.windows.net",
        ]
    )
    return Fact(text.format(secret), (secret,))


def password(rng: random.Random, who: Somebody) -> Fact:
    word = rng.choice(
        [
            _draw(rng, LETTERS + "!%^*_+?", 8, 16),
            "Sommer2024!",
            "hunter2",
            "correct-horse-battery",
            "pa$$w0rd",
            "Grüße#77",
        ]
    )
    text = rng.choice(
        [
            "--password={}",
            "--password {}",
            "--db-password '{}'",
            "-pass {}",
            "PGPASSWORD={} psql -h db",
            "export MYSQL_PWD={}",
            "mysql -u root -p{}",
            "sshpass -p {} ssh box",
            "sshpass -p '{}' ssh box",
            "curl -u admin:{} https://h.example/x",
            "curl --user admin:{} https://h.example/x",
            "password: {}",
            'password = "{}"',
            "Password:{}",
            "passwd={}",
            "pwd={};",
            '{{"password": "{}"}}',
            "{{'password': '{}'}}",
            "password=%22{}%22",
            "<password>{}</password>",
            '<input name="password" value="{}">',
            "machine h.example login admin password {}",
            "your password is {}",
            "PASSWORD='{}'",
            "SMTP_PASS={}",
            "db.password={}",
            "spring.datasource.password={}",
            'ENV DB_PASSWORD="{}"',
            "set PASSWORD={}",
            "$env:PASSWORD = '{}'",
            "[('user', 'x'), ('password', '{}')]",
            "['--password', '{}']",
            "password={}&remember=1",
            "?password={}&x=1",
            "https://x.example/login?pwd={}",
            "Server=db;Uid=sa;Pwd={};",
            "User ID=sa;Password={};Trusted=no",
            "wpa_passphrase={}",
            'psk="{}"',
            "requirepass {}",
            "IDENTIFIED BY '{}'",
            "openssl enc -k {} -in x",
            "Kennwort: {}",
            "Passwort: {}",
            "mot de passe : {}",
            "contraseña: {}",
            "passphrase={}",
            "secret = {}",
            "client_secret={}",
            "SECRET_KEY = '{}'",
            "api-key: {}",
            "apikey={}",
            "X-Api-Key: {}",
            "x-auth-token: {}",
            "access_token={}",
            "refresh_token={}",
            "_authToken={}",
            "//registry.npmjs.org/:_authToken={}",
            "session={}",
            "PHPSESSID={}",
            "JSESSIONID={}",
            "csrftoken={}",
            "sig={}",
        ]
    )
    return Fact(text.format(word), (word,))


def header(rng: random.Random, who: Somebody) -> Fact:
    value = _draw(rng, LETTERS, 20, 30)
    basic = base64.b64encode(f"admin:{value}".encode()).decode()
    text, secret = rng.choice(
        [
            (f"Authorization: Bearer {value}", value),
            (f"Authorization: Basic {basic}", basic),
            (f"authorization: token {value}", value),
            (f"'Authorization': 'Bearer {value}'", value),
            (f"-H 'Authorization: Bearer {value}'", value),
            (f"Proxy-Authorization: Basic {basic}", basic),
            (f"Cookie: a=1; sid={value}", value),
            (f"Set-Cookie: sid={value}; HttpOnly; Path=/", value),
            (f"X-Amz-Signature={value}", value),
            (f"X-Amz-Security-Token: {value}", value),
            (f"WWW-Authenticate: Digest nonce=\"{value}\"", value),
            (f"bearer {value}", value),
            (f"WebSocket key Sec-WebSocket-Key: {value}==", value),
        ]
    )
    return Fact(text, (secret,))


def connection(rng: random.Random, who: Somebody) -> Fact:
    word = _draw(rng, LETTERS, 10, 14)
    user = _ascii_login(who)
    text = rng.choice(
        [
            "postgres://{u}:{p}@{h}/db",
            "postgresql+asyncpg://{u}:{p}@{h}:5432/db?ssl=1",
            "mysql://{u}:{p}@{h}",
            "mongodb+srv://{u}:{p}@{h}/x?retryWrites=true",
            "redis://:{p}@{h}:6379/0",
            "amqps://{u}:{p}@{h}/vh",
            "https://{u}:{p}@{h}/x.git",
            "ftp://{u}:{p}@{h}/",
            "ldap://cn={u},dc=x:{p}@{h}",
            "smtp://{u}:{p}@{h}:587",
            "socks5://{u}:{p}@{h}:1080",
            "http_proxy=http://{u}:{p}@{h}:3128/",
            "host={h} user={u} password={p} dbname=x",
            "Server={h};Database=x;User Id={u};Password={p};",
            "DefaultEndpointsProtocol=https;AccountName={u};AccountKey={p}{p}{p}==",
            "jdbc:mysql://{h}/x?user={u}&password={p}",
            "https://{p}@sentry.{h}/42",
            "git+https://{u}:{p}@{h}/r.git@main#egg=x",
        ]
    )
    filled = text.format(u=user, p=word, h=who.fqdn)
    secrets = [word, who.fqdn]
    if "{u}" in text:
        secrets.append(user)
    return Fact(filled, tuple(secrets))


def key_material(rng: random.Random, who: Somebody) -> Fact:
    body = base64.b64encode(rng.randbytes(144)).decode()
    rows = [body[at : at + 64] for at in range(0, len(body), 64)]
    kind = rng.choice(("RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "PRIVATE KEY", "PGP PRIVATE KEY BLOCK", "CERTIFICATE"))  # noqa: E501 - one row
    pem = "\n".join((f"-----BEGIN {kind}-----", *rows, f"-----END {kind}-----"))
    user = _ascii_login(who)
    public = base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0 " + rng.randbytes(32)).decode()
    text, secrets = rng.choice(
        [
            (pem, tuple(rows)),
            (pem.replace("\n", "\\n"), tuple(rows)),
            (pem.replace("\n", " "), tuple(rows)),
            (pem.replace("\n", "\r\n"), tuple(rows)),
            (pem.replace("\n", "\n    "), tuple(rows)),
            (pem.rpartition("-----END")[0], tuple(rows)),
            (f"ssh-ed25519 {public} {user}@{who.host}", (public, user, who.host)),
            (f"sk-ssh-ed25519@openssh.com {public} {user}@{who.host}", (public, user, who.host)),  # noqa: E501 - one row
            (f"{who.host} ssh-ed25519 {public}", (public,)),
            (f"SHA256:{_draw(rng, LETTERS + '+/', 43, 43)} {user}@{who.host} (ED25519)", (who.host,)),  # noqa: E501 - one row
            (f"PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 1\n{rows[0]}", (rows[0],)),
        ]
    )
    return Fact(text, secrets)


def random_text(rng: random.Random, who: Somebody) -> Fact:
    raw = rng.randbytes(rng.randrange(20, 48))
    text = rng.choice(
        [
            base64.b64encode(raw).decode(),
            base64.urlsafe_b64encode(raw).decode().rstrip("="),
            base64.b32encode(raw).decode(),
            _draw(rng, LETTERS, 24, 64),
            _draw(rng, string.ascii_lowercase + string.digits, 26, 52),
            _draw(rng, string.ascii_uppercase + string.digits, 26, 52),
        ]
    )
    text = text.strip("=-_")
    return Fact(text, (text,))


def _luhn(digits: str) -> str:
    total = 0
    for at, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if at % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    return str(-total % 10)


def payment(rng: random.Random, who: Somebody) -> Fact:
    start, size = rng.choice(
        [("4", 16), ("51", 16), ("2221", 16), ("34", 15), ("6011", 16), ("3528", 16), ("36", 14), ("4", 13)]  # noqa: E501 - one row
    )
    body = start + _draw(rng, string.digits, size - len(start) - 1, size - len(start) - 1)
    digits = body + _luhn(body)
    groups = (4, 6, 5) if size == 15 else (4, 6, 4) if size == 14 else (4, 4, 4, 4)
    parts, at = [], 0
    for group in groups:
        parts.append(digits[at : at + group])
        at += group
    text = rng.choice([digits, " ".join(parts), "-".join(parts), ".".join(parts), "\u00a0".join(parts)])  # noqa: E501 - one row
    return Fact(rng.choice(["{}", "card {} refused", "PAN={}", "no.{}"]).format(text), (text,))


_IBANS = (("DE", 18), ("FR", 23), ("GB", 18), ("NL", 14), ("ES", 20), ("NO", 11), ("PL", 24), ("IT", 23), ("CH", 17))  # noqa: E501 - one row


def account_number(rng: random.Random, who: Somebody) -> Fact:
    country, size = rng.choice(_IBANS)
    body = _draw(rng, string.digits, size, size)
    if country in {"GB", "NL"}:
        body = "ABNA" + body[4:]
    moved = "".join(str(int(letter, 36)) for letter in body + country + "00")
    iban = f"{country}{98 - int(moved) % 97:02d}{body}"
    groups = [iban[at : at + 4] for at in range(0, len(iban), 4)]
    text = rng.choice([iban, " ".join(groups), iban.lower(), "-".join(groups), "\u00a0".join(groups)])  # noqa: E501 - one row
    return Fact(rng.choice(["{}", "IBAN: {}", "to {} today", "IBAN{}"]).format(text), (text,))


def telephone(rng: random.Random, who: Somebody) -> Fact:
    text = rng.choice(
        [
            f"+49 170 {rng.randrange(10**6, 10**7)}",
            f"+1 (415) 555-{rng.randrange(1000, 9999)}",
            f"+1-415-555-{rng.randrange(1000, 9999)}",
            f"(415) 555-{rng.randrange(1000, 9999)}",
            f"tel:+4412{rng.randrange(10**8, 10**9)}",
            f"+33 6 {rng.randrange(10, 99)} {rng.randrange(10, 99)} {rng.randrange(10, 99)} {rng.randrange(10, 99)}",  # noqa: E501 - one row
            f"+8190{rng.randrange(10**8, 10**9)}",
            f"phone: 0170 {rng.randrange(10**6, 10**7)}",
        ]
    )
    return Fact(text, (text.partition(":")[2].strip() or text,))


def windows_identity(rng: random.Random, who: Somebody) -> Fact:
    one, two, three = (rng.randrange(10**8, 2**32) for _ in range(3))
    user = _ascii_login(who)
    sid = f"S-1-5-21-{one}-{two}-{three}-1001"
    text, secrets = rng.choice(
        [
            (sid, (f"{one}-{two}-{three}",)),
            (f"HKEY_USERS\\{sid}\\Software", (f"{one}-{two}-{three}",)),
            (f"CORP\\{user} logged on", ()),
            (f"USERDOMAIN=QUISTCORP", ("QUISTCORP",)),
            (f"COMPUTERNAME={who.host}", (who.host,)),
            (f"{{S-1-5-21-{one}-{two}-{three}-500}}", (f"{one}-{two}-{three}",)),
        ]
    )
    return Fact(text, secrets)


def remote(rng: random.Random, who: Somebody) -> Fact:
    user = _ascii_login(who)
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
    user, full = _ascii_login(who), who.full
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
            (f"uid=1000({user}) gid=1000({user}) groups=1000({user}),27(sudo)", (user,)),
            (f"{user}:x:1000:1000:{full},,,:/home/{user}:/bin/bash", (user, full)),
            (f"{user}:$6$abcdefgh$Zz0123456789abcdefghij:19000:0:99999:7:::", (user, "Zz0123456789")),  # noqa: E501 - one row
            (f"drwxr-xr-x  2 {user} {user}    4096 Nov 22 10:00 x", (user,)),
            (f"-rw-r--r--. 1 {user} users 4096 Nov 22 10:00 x", (user,)),
            (f"sudo: {user} : TTY=pts/0 ; PWD=/x ; USER=root ; COMMAND=/bin/ls", (user,)),
            (f"session opened for user {user}(uid=1000) by (uid=0)", (user,)),
            (f"Accepted publickey for {user} from 10.2.3.4 port 22 ssh2", (user, "10.2.3.4")),  # noqa: E501 - one row
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
            (f"ssh: Could not resolve hostname {who.host}: Name or service", (who.host,)),
            (f"ssh {user}@{who.host} -p 2222", (user, who.host)),
            (f"connect to {who.fqdn} port 443", (who.fqdn,)),
            (f"CN={full},OU=People,DC=x", (full,)),
            (f"XAUTHORITY=/run/user/1000/.mutter-Xwaylandauth.QX12ZZ", ("1000/.mutter",)),
            (f"SSH_CONNECTION=10.1.2.3 51234 10.4.5.6 22", ("10.1.2.3", "10.4.5.6")),
        ]
    )
    return Fact(text, tuple(s for s in secrets), is_line=True)


_LOOKALIKE = str.maketrans("aeopcyxi", "аеорсухі")


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


MAKERS: tuple[Maker, ...] = (
    home_path,
    short_name,
    rooted_secret,
    mail,
    internet,
    hardware,
    issued_token,
    aws_pair,
    password,
    header,
    connection,
    key_material,
    random_text,
    payment,
    account_number,
    telephone,
    windows_identity,
    remote,
    control,
    by_label,
    known_word,
    home_path,
    password,
)
