"""Passwords that programs take as arguments: each line with all that becomes of it."""

import pytest

from scrubbers import scrub_text

CASES = [
    ("sqlcmd -S h1 -U sa -P hunter2", "sqlcmd -S h1 -U sa -P <secret>"),
    ("bcp db out f -U sa -Phunter2", "bcp db out f -U sa -P<secret>"),
    ('mongosh x -p "hunter2"', 'mongosh x -p "<secret>"'),
    ("chpasswd <<< bob:hunter2", "chpasswd <<< <secret>"),
    ("vncpasswd -f <<< 'hunter2'", "vncpasswd -f <<< '<secret>'"),
    ("echo hunter2 | sudo -S ls", "echo <secret> | sudo -S ls"),
    ("echo hunter2 | docker login --password-stdin", None),
    ("htpasswd -b f bob hunter2", "htpasswd -b f <secret>"),
    ("keytool -storepass hunter2 -list", "keytool -storepass <secret> -list"),
    ("http -a bob:hunter2 x.test", "http -a <secret> x.test"),
    ("iwconfig wlan0 key s:hunter2", "iwconfig wlan0 key <secret>"),
    ("wpa_passphrase burrow hunter2", "wpa_passphrase <secret>"),
    ("snmpget -A hunter2 -X hunter3 h1", "snmpget -A <secret> -X <secret> h1"),
    ("plink -pw hunter2 h1", "plink -pw <secret> h1"),
    (r"net use X: \\srv\share hunter2 /user:bob", None),
    (r"net use X: \\srv\share /user:bob hunter2", None),
    ("xfreerdp /u:bob /p:hunter2", None),
    ("az login --service-principal -p 'hunter2'", None),
    ("gh secret set X --body hunter2", "gh secret set X --body <secret>"),
    (
        "aws configure set aws_session_token hunter2",
        "aws configure set aws_session_token <secret>",
    ),
    ("rclone obscure hunter2", "rclone obscure <secret>"),
    ("git config user.password Huntress", "git config user.password <secret>"),
    # As shells and tables write a quote inside of quotes.
    ("+ echo 'gpg --passphrase '\"'\"'hunter2'\"'\"' -d f'", None),
    ('3,"tool --api-key=""hunter2"""', None),
    ("arg: 'curl --user ''bob:hunter2'' x'", None),
    ("arg: 'tool --token ''hunter2'''", None),
]

INNOCENT = [
    "tcpdump -i any -A -X port 80",
    "echo done | wc -l",
    "az account list -o table",
    "htpasswd was not found",
    "http 404, -a is no option",
    "snmpd started, port 161",
]


@pytest.mark.parametrize(("line", "scrubbed"), CASES, ids=[line for line, _ in CASES])
def test_a_password_is_no_argument_any_more(line: str, scrubbed: str | None):
    found = scrub_text(line)
    assert "hunt" not in found.casefold()
    assert scrubbed is None or found == scrubbed
    assert scrub_text(found) == found


@pytest.mark.parametrize("line", INNOCENT)
def test_arguments_that_are_none_stay(line: str):
    assert scrub_text(line) == line
