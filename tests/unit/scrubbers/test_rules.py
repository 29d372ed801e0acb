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
    "/nix/store/2jx9xgvk1r4b0ld5wzxzvf9wm1rzq0ab-python3-3.11.9/lib/python3.11/os.py",
]


@pytest.mark.parametrize(("line", "scrubbed"), CASES, ids=[line for line, _ in CASES])
def test_what_is_personal_goes_and_the_rest_stays(line: str, scrubbed: str):
    assert scrub_text(line) == scrubbed
    assert scrub_text(scrubbed) == scrubbed


@pytest.mark.parametrize("line", INNOCENT)
def test_what_is_like_it_stays(line: str):
    assert scrub_text(line) == line
