"""What the third corpus plants: one form of a value on each line.

In braces stands what is filled in. Private, and looked for afterwards, are a person's
``user``, ``host`` and ``folder``, a ``name`` that nobody told, and a secret ``s``.
"""

from __future__ import annotations

PATHS = r"""
/home/{user}/{tail}
/Users/{user}/{tail}
/var/home/{user}/{tail}
/export/home/{user}/{tail}
/home2/{user}/{tail}
/media/{user}/{folder}disk/x
/run/media/{user}/{folder}disk/x
/root/{tail}
/run/user/1000/{tail}
/tmp/pytest-of-{user}/{tail}
/tmp/{folder}-{user}/x
/var/mail/{user}
/var/spool/cron/crontabs/{user}
/mnt/c/Users/{user}/{tail}
/c/Users/{user}/{tail}
/cygdrive/c/Users/{user}/{tail}
/private/var/folders/zz/3myszktgxig9dcp6vcd7vzpduvzdzn/T/{tail}
/mnt/{folder}/home/{user}/x
/var/lib/AccountsService/users/{user}
/proc/4711/root/home/{user}/{tail}
/net/fs1/home/{user}/{tail}
~/{tail}
$HOME/{tail}
C:\Users\{user}\{wintail}
D:\Documents and Settings\{user}\{wintail}
C:/Users/{user}/{tail}
\\{host}\home$\{user}\{wintail}
\\?\C:\Users\{user}\{wintail}
\\wsl$\Ubuntu\home\{user}\{wintail}
\\wsl.localhost\Debian\home\{user}\{wintail}
\\{fqdn}\profiles\{user}\{wintail}
%USERPROFILE%\{wintail}
\Device\HarddiskVolume3\Users\{user}\{wintail}
file:///home/{quser}/{tail}
file://{host}/home/{quser}/{tail}
file:///C:/Users/{quser}/{tail}
vscode://file/home/{quser}/{tail}
""".strip("\n").split("\n")

TAILS = (
    "{folder}",
    "{folder}/main.py",
    ".config/{folder}/settings.toml",
    "src/{folder}/app.py",
    "{folder}.txt",
    "Projects/{folder}/.git/config",
)

NETWORK = """
{name}.{folder}.corp
{name}.{folder}.internal
{name}.corp.{folder}.com
{name}.{folder}.svc.cluster.local
{name}@example.com
{name}@localhost
{name}.x+y@mail.example.co.uk
zo\u00eb{name}@ex\u00e4mple.de
\u7528\u6237{name}@\u4f8b\u5b50.\u4e2d\u56fd
{name}@[192.0.2.7]
"{name} q"@example.org
{name}_1%x@host.internal
https://{name}:{s}@git.example.com/x.git
https://example.com/?access_token={s}
https://api.example.com/v1/users/{name}?key={s}
ftp://{name}:{s}@ftp.example.com/
wss://host.example/ws?ticket={s}
git+https://oauth2:{s}@gitlab.example/{name}.git
socks5h://{name}:{s}@proxy.example:1080
magnet:?xt=urn:btih:4f3c2b1a0d9e8f7c6b5a49382716f5e4d3c2b1a0&dn={s}
{name}@{fqdn}:{folder}/repo.git
ssh://{name}@{fqdn}:2222/{folder}
git@github.com:{folder}/repo.git
ssh {name}@{fqdn}
rsync -a ./ {name}@{fqdn}::{folder}
ssh -i ~/.ssh/{folder}_ed25519 -p 22 {name}@{fqdn}
docker://{fqdn}/{folder}:latest
ssh -l {name} {fqdn}
machine api.{folder}.com login {name} password {s}
db.{folder}.internal:5432:prod:{name}:{s}
*:*:*:{name}:{s}
postgres://{name}:{s}@db.{folder}.com:5432/app
mongodb+srv://{name}:{s}@db.{folder}.com/?retryWrites=true
redis://:{s}@db.{folder}.com:6379/0
amqp://{name}:{s}@db.{folder}.com:5672/%2f
jdbc:postgresql://db.{folder}.com/app?user={name}&password={s}
jdbc:oracle:thin:{name}/{s}@db.{folder}.com:1521:orcl
Server=db.{folder}.com;Database=app;User Id={name};Password={s};
Driver={{ODBC}};Server=tcp:db.{folder}.com,1433;Uid={name};Pwd={s};Encrypt=yes;
host=db.{folder}.com user={name} password={s} dbname=app
""".strip("\n").split("\n")

COMMANDS = """
mysql -u root -p{s} db
tool --password '{s}' run
tool --password={s}
sshpass -p "{s}" ssh host
curl -u bob:{s} https://x.example
docker login -u bob -p {s} reg.example
redis-cli -a {s} ping
mongo --authenticationDatabase admin -p '{s}'
echo {s} | sudo -S ls
openssl enc -k {s} -in a
export DB_PASSWORD="{s}"
7z x -p{s} a.7z
ldapsearch -D cn=x -w '{s}'
gpg --passphrase '{s}' -d f
htpasswd -b f bob {s}
az login --service-principal -p "{s}"
aws configure set aws_secret_access_key {s}
vncpasswd -f <<< {s}
plink -pw {s} host
xfreerdp /u:bob /p:{s} /v:h
rclone obscure {s}
ansible-playbook -e ansible_password={s} p.yml
snmpget -A {s} -X {s} host
keytool -storepass {s} -list
nmcli dev wifi connect net password '{s}'
wpa_passphrase net {s}
gh secret set X --body '{s}'
sqlcmd -S h -U sa -P {s}
""".strip("\n").split("\n")

HEADERS = """
Authorization: Bearer {s}
Cookie: sid={s}; theme=dark
Set-Cookie: session={s}; Path=/; HttpOnly
X-Api-Key: {s}
Proxy-Authorization: Basic Ym9iO{s}
PRIVATE-TOKEN: {s}
X-CSRF-Token: {s}
""".strip("\n").split("\n")

SCREENS = """
{name}@{host}:~/{folder}$ ls
[{name}@{host} {folder}]$ ls
{host}:~ {name}$ ls
PS C:\\Users\\{name}\\{folder}> dir
-rw-r--r-- 1 {name} {name} 1234 Nov 27 22:18 {folder}.txt
{name}:x:1000:1000:X:/home/{name}:/bin/bash
{name} pts/0 2026-11-27 22:18 (192.0.2.9)
{name}     4711  0.0  0.1  1234  5678 pts/0 Ss 22:18 0:00 -bash
uid=1000({name}) gid=1000({name}) groups=1000({name}),27(sudo)
{name} ALL=(ALL) NOPASSWD: ALL
Accepted publickey for {name} from 192.0.2.9 port 5022 ssh2
session opened for user {name}(uid=1000) by (uid=0)
Invalid user {name} from 192.0.2.9 port 22
crontab of {name}
owner={name} group={name}
LOGNAME={name}
COMPUTERNAME={host}
""".strip("\n").split("\n")

# Written in the terminal's own language: with what ends them.
TITLES = """
\x1b]7;file://{host}/home/{quser}/{folder}\x07
\x1b]0;{folder}: vim\x07
\x1b]2;{folder} - shell\x1b\\
\x1b]8;;https://x.example/{folder}\x1b\\link\x1b]8;;\x1b\\
\x1b]1337;CurrentDir=/home/{folder}\x07
\x1b]777;notify;{folder};x\x07
\x1bk{folder}\x1b\\
""".strip("\n").split("\n")

# Only to be found where the person is known.
KNOWN = """
/data/{user}/{folder}/x.py
/scratch/{user}/run
D:\\work\\{user}\\x.py
uid=1000({user})
{user}@{host}
{fqdn}
{host}:22
root@{host}
""".strip("\n").split("\n")
