"""What a value stands in, as text.

``⟦spec⟧`` is the value, written as the carrier would write
it (see ``ENCODERS``); what is of use and must stay is set in ``«…»``.
"""

from __future__ import annotations

import base64
import html
import json
import quopri
import re
import shlex
from urllib.parse import quote, quote_plus

CARRIERS = """
traceback
  File "/usr/lib/python3/«asyncio/base_events.py», «line 653», in «run_until_complete»
    return «future.result()»
           ^^^^^^^^^^^^^^^
«ValueError»: cannot use ⟦plain⟧
===
oserror
  File "/usr/local/lib/python3.10/site-packages/«urllib3/connectionpool.py», «line 703»
«OSError»: «[Errno 2]» No such file or directory: ⟦repr⟧

During handling of the above exception, another exception occurred:
===
group
  | «Exception Group» Traceback (most recent call last):
  |   File "/usr/lib/python3.13/«asyncio/taskgroups.py», «line 71», in «__aexit__»
KeyError: ⟦repr⟧
note: while reading ⟦plain⟧
===
source line
  File "/usr/lib/python3.12/«json/decoder.py», «line 355», in «raw_decode»
    obj, end = self.scan_once(⟦repr⟧, idx)
               ^^^^^^^^^^^^^^^^^^^^^^
===
faulthandler
Current thread «0x00007f2b1c3d4740» (most recent call first):
  File "⟦ascii⟧", line 17 in draw
  File "/usr/lib/python3.11/«selectors.py», «line 468» in «select»
===
py-spy
Process 4711: ⟦flat⟧
Python «v3.11.2» (/usr/bin/python3.11)
    wait («threading.py:320»)
===
gdb
#1  «0x00007ffff7c5a1b2» in «g_strdup» (str=0x0) at ../glib/«gstrfuncs.c:418»
#2  «0x000055555556b3c4» in vte_open (path=0x55555589aa10 ⟦json⟧) at «vte.c:1204»
«build-id: 3f786850e387550fdab836ed7e6dc881de23001b»
===
lldb
* thread #1, name = ⟦json⟧, stop reason = signal «SIGABRT»
    frame #1: «0x00007ff8123f1d2a» libsystem_c.dylib`«abort + 126»
===
kernel
[12345.678901] ⟦flat⟧[4711]: «segfault at 10 ip 00007f2b1c3d4740» error 4 in «libc.so.6»
===
json log
{"ts": "«2026-11-27T22:18:31.123Z»", "msg": ⟦json⟧, "lineno": «88»}
===
json in json
{"payload": ⟦json json⟧, "version": "«1.42.0»"}
===
logfmt
time=«2026-11-27T22:18:31Z» level=warn msg=⟦json⟧ caller=«render.go:212» ver=«v1.9.3»
===
yaml
version: «2.3.1»
    arg: ⟦yaml⟧
line: «51»
===
ini
ExecStart=«/usr/bin/term» --x
Note=⟦flat⟧
RestartSec=«5»
===
csv
time,func,line,value
22:18:31,«draw_cell,310»,⟦csv⟧
===
xml
<testcase name="«test_wrap»" time="«0.012»"><f message="⟦html⟧">⟦html⟧</f></testcase>
===
entities
<td>«draw_cell:310»</td><td>⟦entities⟧</td>
===
query
GET /api/v2/items?page=2&q=⟦percent⟧&size=50 HTTP/1.1
status «503»
===
form
GET /api/v2/items?page=2&q=⟦plus⟧&size=50 HTTP/1.1
status «503»
===
shell
$ cd «/usr/share/doc» && printf '%s' ⟦shell⟧ | «wc -c»
===
set -x
++ «dpkg-query» -W -f '${Version}' libc6
+ echo ⟦shell⟧
+ «exit 139»
===
environment
TERM=«xterm-256color»\0X_ARG=⟦flat⟧\0COLORTERM=«truecolor»\0LANG=«C.UTF-8»\0
===
command line
«/usr/bin/term»\0--class\0⟦flat⟧\0«--columns»\0
===
maps
7f2b1c200000-«7f2b1c395000» r-xp 00028000 fd:01 1835012      /usr/lib/«libc.so.6»
7f2b1d000000-7f2b1d021000 rw-p 00000000 00:00 0                    ⟦flat⟧
===
git
fatal: unable to access ⟦repr⟧: The requested URL returned «error: 403»
HEAD is now at «34818be» Fail in CI
===
pip
Collecting «numpy==1.26.4»
  Downloading numpy-1.26.4-cp311-cp311-«manylinux_2_17_x86_64».whl («18.3 MB»)
Looking in links: ⟦flat⟧
===
curl -v
> user-agent: «curl/7.88.1»
> x-note: ⟦flat⟧
< «HTTP/2 502»
===
dict
{«'columns': 80», 'shell_args': [⟦repr⟧], 'term': '«xterm-256color»'}
===
bytes
write(7, ⟦bytes⟧) = 4096 in draw_cell
===
path
frame 3: PosixPath(⟦repr⟧) in «draw_cell» («render.py:88»)
===
dataclass
Session(«columns=80», title=⟦repr⟧, pid=«4711», version='«0.9.1»')
===
strace
«openat»(AT_FDCWD, "⟦c⟧", «O_RDONLY|O_CLOEXEC») = -1 «ENOENT»
===
diff
«@@ -88,7 +88,7 @@» def «draw_cell»(self):
+⟦plain⟧
 index «34818be..c889138» 100644
===
markdown
## Crash in `«draw_cell»`
2. type `⟦plain⟧`
===
all percent
id=7&v=⟦all percent⟧&«line=88»
===
all x
buf: ⟦all x⟧ at «draw_cell+0x1c»
===
all u
x = "⟦all u⟧" in «draw_cell»
===
all octal
«write»(1, "⟦all octal⟧", 12) = 12
===
base64
blob ⟦base64⟧ end «draw_cell»
===
url base64
blob=⟦url base64⟧; «draw_cell»
===
hex
data: ⟦hex⟧ at «draw_cell»
===
spaced hex
data: ⟦spaced hex⟧
at «draw_cell»
===
rows of hex
⟦rows⟧
at «draw_cell»
===
utf-16
note ⟦utf-16⟧ in «draw_cell»
===
quoted-printable
Subject: crash in «draw_cell»

⟦quoted⟧
===
misread
«draw_cell»: ⟦misread⟧ («render.py:88»)
===
prose
When I ran it with ⟦flat⟧ it crashed in «draw_cell» after «3.5 s».
===
coloured
\x1b[1m«draw_cell»\x1b[0m: ⟦coloured⟧\x1b[0m («render.py:88»)
===
wrapped
⟦wrapped⟧
«render.py:88»
===
continued
+ ⟦continued⟧ --x
«render.py:88»
===
metric
frames_total{fn="«draw_cell»",arg="⟦flat⟧"} «1027» 1395066363000
"""

# The same for a value under a name, ⟨plain⟩.
LABELLERS = """
variable
LANG=C.UTF-8
⟨plain⟩=⟦plain⟧
«SHLVL=1»
===
export
export ⟨plain⟩=⟦shell⟧; «draw_cell»
===
ini
⟨plain⟩ = ⟦plain⟧
«columns = 80»
===
yaml
«columns: 80»
⟨plain⟩: ⟦yaml⟧
===
json
{"columns": «80», "⟨plain⟩": ⟦json⟧, "fn": "«draw_cell»"}
===
dict
{«'columns': 80», '⟨plain⟩': ⟦repr⟧}
===
tuple
[('⟨plain⟩', ⟦repr⟧), («'columns', 80»)]
===
query
POST /login?a=1&⟨percent⟩=⟦percent⟧&b=2 «HTTP/1.1»
===
xml
<columns>«80»</columns><⟨plain⟩>⟦html⟧</⟨plain⟩>
===
header
«HTTP/1.1 401»
⟨plain⟩: ⟦plain⟧
«Content-Length: 12»
===
flag
term --⟨flag⟩ ⟦shell⟧ «--columns 80»
===
flag and value
term --⟨flag⟩=⟦shell⟧ «--columns 80»
===
logfmt
level=info ⟨plain⟩=⟦json⟧ caller=«a.go:12»
===
arrow
'⟨plain⟩' => ⟦repr⟧, 'columns' => «80»
===
macro
#define ⟨plain⟩ ⟦json⟧
int «draw_cell»(void);
===
csv
«draw_cell,88»
⟨plain⟩,⟦csv⟧
===
table
| fn | «draw_cell» |
| ⟨plain⟩ | ⟦plain⟧ |
===
between zeros
«SHLVL=1»\0⟨plain⟩=⟦plain⟧\0LANG=C\0
===
coloured
«draw_cell» \x1b[36m⟨plain⟩\x1b[0m=\x1b[32m⟦plain⟧\x1b[0m
===
PowerShell
$env:⟨plain⟩ = ⟦json⟧
# «draw_cell»
===
apart
⟨plain⟩    ⟦plain⟧
«columns    80»
===
annotated
⟨plain⟩: str = ⟦repr⟧
def «draw_cell»(): ...
"""


def _named(text):
    blocks = (
        text.replace("\\0", "\0").replace("\\x1b", "\x1b").strip("\n").split("===\n")
    )
    return dict(block.rstrip("\n").split("\n", 1) for block in blocks)


BY_NAME = _named(CARRIERS)
LABELLERS_BY_NAME = _named(LABELLERS)
# Where a value of several lines may stand.
WITH_LINES = ("traceback", "oserror", "diff", "markdown", "json log", "dict", "shell")


def _units(value):
    raw = value.encode("utf-16-be")
    return [f"{raw[at]:02x}{raw[at + 1]:02x}" for at in range(0, len(raw), 2)]


def _rows(value):
    raw = ("title " + value).encode()
    rows = []
    for at in range(0, len(raw), 16):
        part = raw[at : at + 16]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        rows.append(f"{at:08x}  {part.hex(' '):<48} |{shown}|")
    return "\n".join(rows)


def _c_string(value):
    return "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03o}"
        for byte in value.encode()
    )


def _wide(value, rng):
    narrow = value if value.isascii() else value.encode().decode("latin-1")
    order = rng.choice(["utf-16-le", "utf-16-be"])
    return narrow.encode(order).decode("latin-1")


def _torn(value, rng, mark):
    at = rng.randint(1, max(1, len(value) - 1))
    return value[:at] + mark + value[at:]


def _wrapped(value, rng):
    line = "draw: at work on " + "." * rng.randint(1, 40) + " " + value + " then failed"
    return "\n".join(line[at : at + 80] for at in range(0, len(line), 80))


ENCODERS = {
    "plain": lambda v, _: v,
    "flat": lambda v, _: v,
    "repr": lambda v, _: repr(v),
    "ascii": lambda v, _: v.encode("unicode_escape").decode(),
    "json": lambda v, rng: json.dumps(v, ensure_ascii=rng.random() < 0.5),
    "json json": lambda v, _: json.dumps(json.dumps({"kind": "exec", "v": v})),
    "yaml": lambda v, r: r.choice([json.dumps(v), "'" + v.replace("'", "''") + "'"]),
    "csv": lambda v, _: '"' + v.replace('"', '""') + '"' if set(v) & set(',"') else v,
    "html": lambda v, _: html.escape(v),
    "entities": lambda v, _: "".join(f"&#x{ord(letter):x};" for letter in v),
    "percent": lambda v, _: quote(v, safe=""),
    "plus": lambda v, _: quote_plus(v),
    "shell": lambda v, _: shlex.quote(v),
    "bytes": lambda v, _: repr(v.encode()),
    "c": lambda v, _: _c_string(v),
    "all percent": lambda v, _: "".join(f"%{byte:02X}" for byte in v.encode()),
    "all x": lambda v, _: "".join(f"\\x{byte:02x}" for byte in v.encode()),
    "all u": lambda v, _: "".join(f"\\u{unit}" for unit in _units(v)),
    "all octal": lambda v, _: "".join(f"\\{byte:03o}" for byte in v.encode()),
    "base64": lambda v, _: base64.b64encode(v.encode()).decode(),
    "url base64": lambda v, _: base64.urlsafe_b64encode(v.encode()).decode().strip("="),
    "hex": lambda v, r: r.choice(["", "0x"]) + f"note {v}".encode().hex(),
    "spaced hex": lambda v, r: f"note {v}".encode().hex(r.choice(" :")),
    "rows": lambda v, _: _rows(v),
    "utf-16": _wide,
    "quoted": lambda v, _: quopri.encodestring(v.encode()).decode(),
    "misread": lambda v, _: v.encode().decode("latin-1"),
    "coloured": lambda v, rng: _torn(v, rng, rng.choice(["\x1b[31m", "\x1b[0m"])),
    "wrapped": _wrapped,
    "continued": lambda v, rng: _torn(v, rng, "\\\n"),
    "flag": lambda v, _: v.lower().replace("_", "-"),
}


def carry(carrier, value, rng, label=""):
    """The text around a value, and the tokens in it that must stay."""
    text = re.sub("⟨(.*?)⟩", lambda m: ENCODERS[m[1]](label, rng), carrier)
    useful = tuple(re.findall("«(.*?)»", text))
    bare = text.replace("«", "").replace("»", "")
    return re.sub("⟦(.*?)⟧", lambda m: ENCODERS[m[1]](value, rng), bare), useful
