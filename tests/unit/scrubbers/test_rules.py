"""Single lines, each with all that must become of it."""

import pytest

from scrubbers import scrub_text

CASES = [
    # Rows of listings.
    ("zoe    pts/0   2026-11-20 10:11 (:0)", "<user>    pts/0   2026-11-20 10:11 (:0)"),
    (
        "zoe    tty7   :0   10:11   1:02m  0.05s",
        "<user>    tty7   :0   10:11   1:02m  0.05s",
    ),
    (
        "zoe     4321  0.0  0.1  12345  6789 pts/0    Ss   10:00   0:00 bash",
        "<user>     4321  0.0  0.1  12345  6789 pts/0    Ss   10:00   0:00 bash",
    ),
    (
        "zoe 4321 1 0 10:00 ? 00:00:00 /usr/bin/python3",
        "<user> 4321 1 0 10:00 ? 00:00:00 /usr/bin/python3",
    ),
    # What programs say of people and machines.
    ("[sudo] password for zoe:", "[sudo] password for <user>:"),
    ("zoe is not in the sudoers file.", "<user> is not in the sudoers file."),
    ("su: Authentication failure for zoe", "su: Authentication failure for <user>"),
    ("id: \u2018zoe\u2019: no such user", "id: \u2018<user>\u2019: no such user"),
    ("pwd.getpwnam('zoe')", "pwd.getpwnam('<user>')"),
    ("getpwnam(): name not found: 'zoe'", "getpwnam(): name not found: '<user>'"),
    ('FATAL: role "zoe" does not exist', 'FATAL: role "<user>" does not exist'),
    (
        "Access denied for user 'zoe'@'burrow' (using password: YES)",
        "Access denied for user '<user>'@'<host>' (using password: YES)",
    ),
    (
        "[Errno -2] Name or service not known: 'db01'",
        "[Errno -2] Name or service not known: '<host>'",
    ),
    ("DISPLAY=burrow:0.0", "DISPLAY=<host>:0.0"),
    ("Nov 12 10:00:00 zoe-laptop sshd[1]: x", "Nov 12 10:00:00 <host> sshd[1]: x"),
    (
        "pam_unix(su:session): session closed by zoe(uid=1000)",
        "pam_unix(su:session): session closed by <user>(uid=1000)",
    ),
    ("CRON[123]: (zoe) CMD (true)", "CRON[123]: (<user>) CMD (true)"),
    ("su: (to root) zoe on pts/2", "su: (to root) <user> on pts/2"),
    ("zoe  ALL=(ALL:ALL) ALL", "<user>  ALL=(ALL:ALL) ALL"),
    # Directories, and people who say who they are.
    ("bind cn=Zoe Quarles,ou=people,dc=q,dc=org", "bind <name>"),
    ("my name is Zoe Quarles", "my name is <name>"),
    # Addresses without their scheme.
    ("see github.com/quarles/diary", "see <url>"),
    ("corp.sharepoint.com:443/personal/zoe_q", "<url>"),
    # Tokens of several parts.
    (
        "patyzOIy8KAbsxR0P.a376723cb3e62d27c74d411ef4752f15559f47f8226a28713a73",
        "<secret><token>",
    ),
    ("amzn.mws.4ea38b7b-f563-7709-4bae-87aea15c", "<token>"),
    ("uNeWw6wnM4B9xu.atlasv1.JpA1KXR8bfouFdr913aMsjaFi0bY6jLzhVp7", "<token>"),
    ("pscale_pw_6NL2DeyqPURQX0adjt7_t7mbmOG.OlbRw0bUA", "<token>"),
    ("DXf8Q~RvqW.JcNkL0AlOt3Z_sM-meBirXar9TIIt", "<token>"),
    ("00DaTU3oT9af5yE!AQ0HokcYyeXL0blW8xh0ASk3QoubeHX9AzqzZ7.gKR", "<token>"),
    ("v2.public.Aw-tfXCPO7pnNqOKTT4oJvebxz.sd0H2GnXs1UgAMP4", "<token>"),
    ("waka_04ec5fc3-62df-ed17-c159-348f5479cb15", "<token>"),
    ("akab-acwz3348r86xkwlh-740a2hyrjm9xnytf", "<token>"),
    ("RGAPI-eba32751-5802-45c6-2262-416bd025e3b3", "<token>"),
    ("bc740ae2a964fb736046743d144baf49-de02b6a9-74b9f85b", "<token>"),
    ("ZIDRK-1URHL-QKDGH-1PGI8-5A5DG", "<token>"),
    ("CFb2c3783ef9b155d677dc558cc62f6b42", "<token>"),
    ("0x52908400098527886E0F7030069857D2E4169EE7", "<token>"),
    (
        "RSA SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8",
        "RSA SHA256:<secret>",
    ),
    (
        "session opened for user O'Shaughnessy(uid=1000) by (uid=0)",
        "session opened for user <user>(uid=1000) by (uid=0)",
    ),
    # What 100,000 cases of the corpora found.
    ("x=4047%202144%208432%207329", "x=<number>"),
    ("<f>\\\\wsl$\\Ubuntu\\home\\o&#x27;zoe\\diary</f>", "<f><path>\\<path></f>"),
    ("note bearer AEzEynyanitwwmtfHPmtP end", "note bearer <secret> end"),
    ("CIIYSEFPBBITABR1MT08REBODZMMNC", "<secret>"),
    ("kbUIOFMQ1lu5yyslgSddcaxqoHOkWeaperej2iiu", "<secret>"),
    (
        "MTsjtuMSSITBRmpeRyehY63U.oRejgb.SPX1m9l4kqBdLUe4tWUf5Cxcf_y",
        "<token><secret>",
    ),
    # Arguments.
    ("mysql -u zoe -h db01 prod", "mysql -u <user> -h <host> prod"),
    ("psql -U zoe -h db01 prod", "psql -U <user> -h <host> prod"),
    ("docker login -u zoe -p hunter2", "docker login -u <user> -p <secret>"),
    ("aws --profile zoe s3 ls", "aws --profile <user> s3 ls"),
    ("git config user.name 'Zoe Quarles'", "git config user.name '<name>'"),
    ("arn:aws:iam::123456789012:user/zoe", "arn:aws:<url>"),
    # Labels.
    ("serial number C02XK0ABJGH5", "serial number <number>"),
    (
        "machine-id: 4c9a1d2e8b7f4f0c9d1e2f3a4b5c6d7e",
        "machine-id: <number>",
    ),
    ("IMEI: 490154203237518", "IMEI: <number>"),
    ("passport C01X00T47", "passport <number>"),
    ("vehicle WVWZZZ1JZ3W386752", "vehicle <number>"),
    ("BIC DEUTDEFF", "BIC <number>"),
    ("phone 0151 12345678", "phone <number>"),
    ("call 555-867-5309 now", "call <number> now"),
    ("VAT ID: DE123456789", "VAT ID: <number>"),
    ("born 1990-05-12", "born <number>"),
    ("DOB: 12/05/1990", "DOB: <number>"),
    ("cvv 123", "cvv <secret>"),
    ("lat: 52.5200, lng: 13.4050", "lat: <number>, lng: <number>"),
    ("GPS 52.520008, 13.404954", "GPS <number>"),
    ("clipboard: a plan", "clipboard: <secret>"),
    ("window_title='a plan - vim'", "window_title='<secret>'"),
    ("data:text/plain;base64,aHVudGVyMg==", "data:text/plain;base64,<url>"),
    ("AGE-SECRET-KEY-1QQPQZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", "<token>"),
    ("=2Fhome=2Fzoe=2Fdiary", "<home>=2F<path>"),
]

INNOCENT = [
    "ps: 4 threads, 19016 KB at most, 0.07 s of CPU",
    "SIGSEGV at 0x0 in string_at, line 519",
    "device-id was not found",
    "the service is not running, exit status 1",
    "serial port closed",
    "signal 11, code 1",
    "signal 15 (SIGTERM) 1234567",
    "latency: 52.5200 ms",
    "command: not found",
    "data: 3 bytes",
    "database is locked",
    "password for the database is missing",
    "main 3 0.5 seconds",
    "display: none",
    "geometry 80x24+0+0",
    "pin 3 of the connector",
    "Bearer AuthenticationMiddleware",
    "Basic HTTPBasicAuthHandler",
    "/usr/lib/x86_64-linux-gnu/libc.so.6 7bdda6df44a6d5a1a2aa0d5fb5b0b6d5e9f5dbd1",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "3e6be9de-8139-4ac8-9e8e-7e3a2f6e3c3f",
    "at 0x00007f3c2d4b1a90 in main () from /usr/lib/libpython3.11.so.1.0",
    "build id ABCDEF0123456789ABCDEF0123456789ABCDEF01",
    "site-packages/foo.com/bar.py",
    "docs.python.org/3/library/faulthandler.html",
    "f(dc=1, o=2)",
    "call (to none) ALL of them",
    "version 2.10.2024 of 555-86",
    "/nix/store/2jx9xgvk1r4b0ld5wzxzvf9wm1rzq0ab-python3-3.11.9/lib/python3.11/os.py",
]


@pytest.mark.parametrize(("line", "scrubbed"), CASES, ids=[line for line, _ in CASES])
def test_what_is_personal_goes_and_the_rest_stays(line: str, scrubbed: str):
    assert scrub_text(line) == scrubbed
    assert scrub_text(scrubbed) == scrubbed


@pytest.mark.parametrize("line", INNOCENT)
def test_what_is_like_it_stays(line: str):
    assert scrub_text(line) == line


@pytest.mark.parametrize(
    ("full_name", "line"),
    [
        ("Maureen Beko Cook", "Cook, Maureen"),
        ("Maureen Beko Cook", "Maureen Cook"),
        ("Maureen Beko Cook", "Cook, Maureen Beko"),
        ("Mark Cook", "Cook, Mark"),
        ("Mark Cook", "Mark B. Cook"),
    ],
)
def test_a_name_of_common_words_goes_in_each_order(full_name: str, line: str):
    assert scrub_text(line, identity={"full_name": full_name}) == "<name>"


def test_letters_of_two_bytes_may_be_misread_ones():
    line = "note \0z\0o\0\xc2\0\xad\0\xc3\0\xab\0p\0a\0f\0o\0k in draw"
    scrubbed = scrub_text(line, identity={"user": "zo\xebpafok"})
    assert "paf" not in scrubbed


def test_a_windows_path_broken_at_a_backslash_is_whole():
    text = "C:\\Users\\zoe\\.config\\diary\\\nsettings.toml then failed"
    assert scrub_text(text) == "<home>\\.config\\<path>\\\nsettings.toml then failed"


def test_a_coloured_path_in_a_line_as_wide_as_the_terminal_goes():
    line = "[   12.345678] traps: /ho\x1b[1mme/zoe/x.py ip:7f3a1b2c3d4e"
    wide = line + " " * (80 - len(line))
    assert scrub_text(f"{wide}\nnext").startswith("[   12.345678] traps: <home>/x.py")
