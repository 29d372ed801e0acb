"""Passwords and headers of the second corpus, as people and programs write them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from tests.doubles.other_corpus_fact import LETTERS, Fact, ascii_login, draw

if TYPE_CHECKING:
    import random

    from tests.doubles.other_corpus_people import Somebody


def aws_pair(rng: random.Random, who: Somebody) -> Fact:
    secret = draw(rng, LETTERS + "/+", 40, 40)
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
            draw(rng, LETTERS + "!%^*_+?", 8, 16),
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
    value = draw(rng, LETTERS, 20, 30)
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
            (f'WWW-Authenticate: Digest nonce="{value}"', value),
            (f"bearer {value}", value),
            (f"WebSocket key Sec-WebSocket-Key: {value}==", value),
        ]
    )
    return Fact(text, (secret,))


def connection(rng: random.Random, who: Somebody) -> Fact:
    word = draw(rng, LETTERS, 10, 14)
    user = ascii_login(who)
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
    kind = rng.choice(
        (
            "RSA PRIVATE KEY",
            "OPENSSH PRIVATE KEY",
            "PRIVATE KEY",
            "PGP PRIVATE KEY BLOCK",
            "CERTIFICATE",
        )
    )
    pem = "\n".join((f"-----BEGIN {kind}-----", *rows, f"-----END {kind}-----"))
    user = ascii_login(who)
    public = base64.b64encode(
        b"\0\0\0\x0bssh-ed25519\0\0\0 " + rng.randbytes(32)
    ).decode()
    text, secrets = rng.choice(
        [
            (pem, tuple(rows)),
            (pem.replace("\n", "\\n"), tuple(rows)),
            (pem.replace("\n", " "), tuple(rows)),
            (pem.replace("\n", "\r\n"), tuple(rows)),
            (pem.replace("\n", "\n    "), tuple(rows)),
            (pem.rpartition("-----END")[0], tuple(rows)),
            (f"ssh-ed25519 {public} {user}@{who.host}", (public, user, who.host)),
            (
                f"sk-ssh-ed25519@openssh.com {public} {user}@{who.host}",
                (public, user, who.host),
            ),
            (f"{who.host} ssh-ed25519 {public}", (public,)),
            (
                f"SHA256:{draw(rng, LETTERS + '+/', 43, 43)} {user}@{who.host} (ED25519)",  # noqa: E501 - one line of a file
                (who.host,),
            ),
            (
                f"PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 1\n{rows[0]}",
                (rows[0],),
            ),
        ]
    )
    return Fact(text, secrets)
