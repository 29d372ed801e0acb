"""What the system's programs print of accounts, machines and secrets."""

import pytest

from scrubbers import scrub_text

USER = [
    "           UID: 4610 (zoeq)",
    "  Owner UID: 8778 (zoeq)",
    "Access: (0644/-rw-r--r--)  Uid: ( 7944/    zoeq)   Gid: ( 7944/    zoeq)",
    "      2 6689 zoeq seat0 tty2",
    "    812 zoeq      20   0  123456  12345   1234 S   0.3   0.1   0:01.23 bash",
    "bash  812 zoeq  cwd    DIR  8,1  4096  2 /usr",
    "x: zoeq tty7         :0               Fri Mar  1 09:12   still logged in",
    "zoeq             pts/0    10.1.2.3         Fri Mar  1 09:12:01 +0100 2024",
    '192.0.2.7 - zoeq [01/Mar/2024:09:12:01 +0100] "GET / HTTP/1.1" 200 612',
    "sudo:x:27:zoeq,tom",
    "-rw-r--r-- zoeq/zoeq 4096 2024-03-01 09:12 x.txt",
    "# group: zoeq",
    "Group=zoeq",
    "  User zoeq",
    "pkexec[812]: zoeq: Executing command [USER=root]",
    "useradd[2211]: new user: name=zoeq, UID=1000, shell=/bin/bash",
    "          owned by: zoeq   dated: Fri Mar  1 09:12:01 2024",
    "         user name: zoeq   host name: burrow7",
    "CreateProcessParseCommon:754: getpwnam(zoeq) failed 5",
    "runuser -u zoeq -- make",
    "homectl activate zoeq",
    "Connection closed by authenticating user zoeq 192.0.2.7 port 51234 [preauth]",
    "debug1: Authenticating to gate.hole.test:22 as 'zoeq'",
    'FATAL:  authentication failed for user "zoeq"',
    "rpool/USERDATA/zoeq_abc123",
    "corp\\zoeq S-1-5-21-1004336348-1177238915-682003330-512",
    '<Data Name="SubjectUserName">zoeq</Data>',
    "<server><username>zoeq</username></server>",
    "Account Name:\t\tzoeq",
    "acct=\"zoeq\" exe='/usr/bin/sudo'",
    "Subject: =?utf-8?q?ssh=20=2Dl=20zoeq=20gw?=",
    "systemd-logind[812]: New session 3 of user zoeq.",
    'failed for user ""zoeq""",1752',
    "docker run --user zoeq -e X=1 img",
    "--rw-r--r-- zoeq/zoeq 4096 2024-03-01 09:12 x.txt",
    "-Group=zoeq",
    "-zoeq             pts/0    192.0.2.7   Fri Mar  1 09:12:01 +0100 2024",
    "-zoeq tty2     tty2             09:12    3:14   0.02s  0.02s /usr/bin/x",
    "from '/usr/bin/x ../../home/zoeq/.local/share/a.json', real uid: 0",
    "WARNING:render:zoeq:x:1001:1001:Quarles,,,:/home/zoeq:/bin/bash",
    "<td>cd ~zoeq]]></td>",
    "/usr/lib/libc.so.6 @/home/zoeq/args.txt",
]
NAME = [
    "User Name: Zoe Quarles (zq)",
    "Registered Owner:          Zoe Quarles",
    "Full Name                    Zoe Quarles",
    '"RegisteredOwner"="Zoe Quarles"',
    "^50e3080 (Zoe Quarles 2024-03-01 09:12:01 +0100  12) x = 1",
    "Reply-To: z@hole.test (Zoe Quarles)",
    'authors = [{name = "Zoe Quarles", email = "z@hole.test"}]',
    '{"email": "z@hole.test", "name": "Zoe Quarles"}',
    "cn: Zoe Quarles",
    "FN:Zoe Quarles",
    "-cn: Zoe Quarles",
    "<author>Zoe Quarles</author>",
    "cn=\u0938\u0930\u093f\u0924\u093e Quarles,ou=people,dc=hole,dc=test",
]
HOST = [
    "<34>1 2024-03-01T09:12:01Z burrow7 su - ID47 - failed",
    "127.0.1.1 burrow7.hole.com burrow7",
    "DHCPREQUEST from 01:02:03:04:05:06 (burrow7) via eth0",
    "dial tcp: lookup burrow7 on 192.0.2.1:53: no such host",
    "java.net.UnknownHostException: burrow7: Name or service not known",
    "ok: [burrow7] => (item=x)",
    'fatal: [burrow7]: UNREACHABLE! => {"msg": "x"}',
    'WM_CLIENT_MACHINE(STRING) = "burrow7"',
    "systemd[1]: Hostname set to <burrow7>.",
    "\t4169.pts-0.burrow7\t(Detached)",
    "burrow7/unix:0  MIT-MAGIC-COOKIE-1  aabb",
    "Host Name:                 BURROW7",
    "| x | Host Name:                 BURROW7 |",
    "<computer>burrow7</computer>",
    "Exception: Host Name:                 BURROW7 in /usr/share/php/x.php:3",
    "near `Host Name:                 BURROW7`",
    '"burrow7.fritz.box"',
    "+192.0.2.7\tburrow7 burrow7.lan",
]
SECRET = [
    "setx API_SECRET hunterhunter",
    "x/unix:0  MIT-MAGIC-COOKIE-1  5e1f0a7c9b3d4e2f8a6c1d0b7e9f2a34",
    'Authorization: Digest username="q", response="5e1f0a7c9b3d4e2f8a6c1d0b7e9f2a34"',
    'ConvertTo-SecureString "hunterhunter" -AsPlainText -Force',
    "mosquitto_pub -u app -P hunterhunter -t a",
    "Password for 'q': hunter2hunter",
    "-<key>Password</key>\n-<string>hunterhunter</string>",
    '{"a": "<key>Password</key>\\n<string>hunterhunter</string>"}',
    "- name: DB_PASSWORD\n  value: hunterhunter",
    '"- name: DB_PASSWORD\\n  value: hunterhunter"',
    "log: password           hunter2hunter",
    "['password           hunter2hunter', 'x']",
    "['<key>Password</key>', '<string>hunterhunter</string>']",
    "&lt;key&gt;Password&lt;/key&gt;\n&lt;string&gt;hunterhunter&lt;/string&gt;",
    "x.log:2:db.hole.com:5432:app:bob:hunter-42",
    "-----BEGIN OpenVPN Static key V1-----\n5e1f0a7c9b3d4e2f8a6c1d0b7e9f2a34",
    "-----BEGIN%20OpenVPN%20Static%20key%20V1-----%0A5e1f0a7c9b3d4e2f8a6c1d0b7e9f2a34",
    "['- name: DB_PASSWORD', '  value: hunterhunter']",
    '"<key>Password</key>",\n"<string>hunterhunter</string>"',
    '  "password           hunter2hunter",',
    "00000010  68 75 6e 74\n",
]
PLACES = [
    ("user@7236.service: Succeeded.", "7236"),
    ("[session uid=7237 pid=812]", "7237"),
    ("09:12:01.123456 IP 192.0.2.7.51234 > 198.51.100.9.443: Flags [S]", "192.0.2"),
    ("09:12:01.123456 IP 192.0.2.7.51234 > 198.51.100.9.443: Flags [S]", "198.51"),
    ("2a02:6b8:0:1:55fb:5922:a59e:f931: In function", "f931"),
    ("pachyterm.render:6D-56-90-52-25-AC", "90-52"),
    ("_MACHINE_ID=5e1f0a7c9b3d4e2f8a6c1d0b7e9f2a34", "5e1f"),
    ("Serial Number: XVKHLPCJXU", "XVKH"),
    ("\tNL91 ABNA 0417 1643 00 x", "0417"),
    ("9666724 4047 2144 8432 7329", "8432"),
    ("'/usr/bin/x \\\\?\\C:\\Users\\zoeq\\a.py'", "zoeq"),
    ("pachyterm.render:14:cb:49:57:a5:2f", "49:57"),
    ("AH01618: user data not found: /private", "data"),
    ("WARNING:gi.Gtk:2a02::6360:be99:caf2:d641:8464%eth0", "8464"),
    ("use \u201cGB82WEST12345698765432\u201d", "west"),
    ("wrapper:fd00:0:1e10:ec79:b2a5:666:8a37:b4e8", "8a37"),
    ("=?utf-8?q?NL91ABNA0417164300?=", "na04"),
    ("fatal: (got '\u0938\u0941\u0930\u0947\u0902@burrow.(none)')", "\u0938"),
    ("\u0938\u0941\u0930\u0947:$6$0RNsUCr5$1.O5zFeMKokDlS43dGuTuWpcp8zcHgE", "\u0930"),
    ("a=127.0.1.1%20burrow7.hole.com%20burrow7", "burrow7"),
]
INNOCENT = [
    "Thread 0x00007f2a4c000000 (most recent call first):",
    "ok: [ 12 passed ]",
    "Signal: 11 (SEGV)",
    "BuildId: (5e1f0a7c9b3d4e2f8a6c1d0b7e9f2a34)",
    "    uid=1000 gid=1000",
    "user-facing error in draw_grid (line 42)",
    "#3  0x00007f2a in feed () from /usr/lib/x86_64-linux-gnu/libvte-2.91.so.0",
    "FN:12,main",
    "FNDA:3,main",
    "lookup table of glyphs on screen 0",
    "failed: [Errno 2] no such file",
    "User guide: see the manual",
    "the user name is empty",
    "1.2.3.4.5",
    "version 10.0.19045.3570",
    "    at node:internal/main/run_main_module:28:49",
    "File: /usr/lib/python3.11/threading.py at Screen.feed",
    "response=200 nonce=3",
    "name: tokenizer",
    "changed: 3 files",
    "cn: 12",
    "token_count    12",
    "group: 3, seat: 2",
    "std::vector<int>::push_back",
]


def _gone(lines: list[str], *words: str) -> list[str]:
    """Those lines of which a word is left, or that change when scrubbed again."""
    left = []
    for line in lines:
        found = scrub_text(line)
        if any(word in found.casefold() for word in words):
            left.append(f"{line!r} -> {found!r}")
        elif scrub_text(found) != found:
            left.append(f"changes: {found!r}")
    return left


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (USER, ("zoeq",)),
        (NAME, ("quarles", "zoe")),
        (HOST, ("burrow7",)),
        (SECRET, ("hunter", "5e1f0a7c", "68 75 6e")),
    ],
    ids=["users", "names", "hosts", "secrets"],
)
def test_lines_that_name_somebody(lines: list[str], words: tuple[str, ...]):
    assert _gone(lines, *words) == []


@pytest.mark.parametrize(("line", "part"), PLACES, ids=[part for _, part in PLACES])
def test_places_that_were_not_seen(line: str, part: str):
    assert _gone([line], part.casefold()) == []


@pytest.mark.parametrize("line", INNOCENT)
def test_lines_that_name_nobody_stay(line: str):
    assert scrub_text(line) == line


def test_a_value_ends_where_its_element_does():
    line = "<m>NPM_TOKEN:bWOv0T5TNUDFmUU2gyjM</m><f>draw</f>"
    assert scrub_text(line) == "<m>NPM_TOKEN:<secret></m><f>draw</f>"
    line = "open 'Authorization: Basic ZWhlcmVkaWE6UzNjcjN0I1B3Xzc=' WHERE id = 5684"
    assert scrub_text(line) == "open 'Authorization: <secret>' WHERE id = 5684"
    line = "failed: Authorization: Bearer w8QG4KqeZDcgSI5zSIjEWjD19RZurKP1 (line 344)"
    assert scrub_text(line) == "failed: Authorization: <secret> (line 344)"
    line = r"b'api_key = zUq7Lm2PxT9\nl 8.8 a\nl 2.2 b\nc 1 d\ne 2 f\ng 3 h\ni 4 j'"
    assert scrub_text(line).startswith("b'api_key = <secret>")
    assert scrub_text(line).endswith(r"\ni 4 j'")
    line = "<m>Cookie: a=b</m><f>draw</f>"
    assert scrub_text(line) == "<m>Cookie: <secret></m><f>draw</f>"


PUBLIC = [
    "644: 000000000049f3cc    32 FUNC    GLOBAL DEFAULT   14 _PyImport_SetModule",
    "000000946450  007f00000007 R_X86_64_JUMP_SLO 0000000000000000 hypot + 0",
    "ja     491c <__cxa_finalize@plt+0x274>",
    "jmp    4020 <__ctype_toupper_loc@plt-0x10>",
    "00000000000046b0 <_obstack_begin@@Base-0x10200>:",
    "lea    0x1ee1a(%rip),%rdx        # 23d40 <optarg@GLIBC_2.2.5>",
    "  Array cookie:            ac",
    "PyObject_CallFunctionObjArgs",
    "#1 0x7f2a in XML_SetXmlDeclHandler ()",
    "status half-configured gpg-wks-server:amd64 2.2.40-1.1",
    "if the list key is undecorated, tokens of several kinds",
    "machine code on the server side, per-user limits, user IDs",
    "very rapid ssh connections, then",
    "<p>said <user> of <host></p>",
    '2000-01-01 ERROR <user> File "/usr/lib/</key.py", line 3, in key',
]


@pytest.mark.parametrize("line", PUBLIC)
def test_what_debuggers_and_manuals_say_of_nobody_stays(line: str):
    assert scrub_text(line) == line
