"""Tokens and keys in the forms that their issuers' documents give, as masks.

In a mask ``{a36}`` is 36 letters and digits, ``h`` hexadecimal, ``U`` capitals and
digits, ``l`` small letters and digits, ``d`` digits, ``w`` base64's URL-safe alphabet,
``b`` base64, ``2`` base32, ``B`` bech32.
"""

from __future__ import annotations

import base64
import re
import string

UPPER, LOWER, DIGITS = string.ascii_uppercase, string.ascii_lowercase, string.digits
ALPHABETS = {
    "a": UPPER + LOWER + DIGITS,
    "h": "0123456789abcdef",
    "U": UPPER + DIGITS,
    "l": LOWER + DIGITS,
    "d": DIGITS,
    "w": UPPER + LOWER + DIGITS + "-_",
    "b": UPPER + LOWER + DIGITS + "+/",
    "2": UPPER + "234567",
    "B": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
}

# Found wherever they stand.
FORMED = """
ghp_{a36}
gho_{a36}
ghs_{a36}
ghr_{a36}
github_pat_{a22}_{a59}
glpat-{w20}
glpat-{w27}.01.{l9}
glptt-{h40}
GR1348941{w20}
xoxb-{d12}-{d13}-{a24}
xoxp-{d12}-{d12}-{d13}-{h32}
xapp-1-A{U10}-{d13}-{h64}
https://hooks.slack.com/services/T{U8}/B{U10}/{a24}
xoxe.xoxp-1-{a163}
sk_live_{a24}
sk_live_51{a97}
rk_live_{a24}
whsec_{a32}
AKIA{216}
ASIA{216}
AIza{w35}
GOCSPX-{w28}
ya29.a0{w60}
1//0{w60}
{a3}8Q~{a34}
sk-{a20}T3BlbkFJ{a20}
sk-proj-{w74}T3BlbkFJ{w74}
sk-ant-api03-{w93}AA
sk-or-v1-{h64}
hf_{a34}
npm_{a36}
pypi-AgEIcHlwaS5vcmc{w130}
dckr_pat_{w27}
eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI{w40}.{w43}
{d10}:AA{w33}
MT{a22}.{w6}.{w27}
https://discord.com/api/webhooks/{d18}/{w68}
SK{h32}
SG.{w22}.{w43}
key-{h32}
{h32}-{h8}-{h8}
dop_v1_{h64}
hvs.{w24}
hvs.CAES{w90}
AGE-SECRET-KEY-1{B58}
sq0atp-{w22}
shpat_{h32}
dapi{h32}
NRAK-{U27}
glsa_{a32}_{h8}
lin_api_{a40}
ntn_{a46}
PMAK-{h24}-{h34}
sntryu_{h64}
sbp_{h40}
pscale_tkn_{w43}
dp.pt.{a43}
{a14}.atlasv1.{w67}
tskey-auth-{a12}CNTRL-{a32}
pul-{h40}
rubygems_{h48}
cio{a32}
gsk_{a52}
r8_{a37}
{h32}-us14
xkeysib-{h64}-{a16}
ATATT3xFfGF0{w170}
ATBB{a32}
ops_eyJ{w250}
bkua_{h40}
CCIPAT_{a22}_{h40}
nfp_{a36}
dt0c01.{U24}.{U64}
figd_{w40}
shippo_live_{h40}
lsv2_pt_{h32}_{h10}
CFPAT-{w43}
""".strip("\n").split("\n")

# Told by the name before them: name, mask.
LABELLED = """
AWS_SECRET_ACCESS_KEY {b40}
aws_session_token IQoJb3JpZ2luX2VjE{b200}
TWILIO_AUTH_TOKEN {h32}
CLOUDFLARE_API_TOKEN {w40}
HEROKU_API_KEY {h8}-{h4}-{h4}-{h4}-{h12}
client_secret {w32}
api_key {h40}
X-Api-Key {a32}
secret_key_base {h64}
PGPASSWORD {a12}
DB_PASSWORD {a9}1
password {a9}2
passwd {a9}3
PrivateKey {b43}=
PresharedKey {b43}=
access_token {w36}
refresh_token {w48}
session_id {h32}
auth_token {h40}
NPM_TOKEN {h36}
REDIS_PASSWORD {a14}
smtp_pass {a11}4
encryption_key {h64}
signing_secret {h32}
SSHPASS {a9}5
VAULT_TOKEN s.{a24}
consumer_secret {a50}
AZURE_CLIENT_SECRET {w34}
bearer_token {a60}
sasl.password {a14}
license_key {U5}-{U5}-{U5}-{U5}-{U5}
webhook_secret {h40}
recovery_code {l5}-{l4}7
mot_de_passe {a10}8
contrase\xf1a {a10}9
Passwort {a10}0
\u043f\u0430\u0440\u043e\u043b\u044c {a10}1
\u5bc6\u7801 {a10}2
""".strip("\n").split("\n")

KEYS = (
    "-----BEGIN %s-----\n@\n-----END %s-----",
    "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n@\n---- END SSH2 ENCRYPTED PRIVATE KEY ----",  # noqa: E501 - as it is written
)
KEY_KINDS = ("RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "PRIVATE KEY", "PGP MESSAGE")


def some(rng, alphabet, size):
    """Random text of an alphabet, and not the same letter again and again."""
    while True:
        text = "".join(rng.choices(alphabet, k=size))
        if size < 12 or len(set(text)) >= min(8, len(alphabet) // 3):
            return text


def fill(rng, mask):
    def made(match):
        return some(rng, ALPHABETS[match[1]], int(match[2]))

    return re.sub(r"\{(\w)(\d+)\}", made, mask)


def private_key(rng):
    """A key file's text, and the line in it that is secret."""
    body = base64.b64encode(rng.randbytes(rng.choice([120, 400]))).decode()
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    text = rng.choice(KEYS)
    text = text.replace("%s", rng.choice(KEY_KINDS))
    return text.replace("@", lines), body[:56]
