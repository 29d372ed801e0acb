"""Arguments of well-known programs: ``mysql -u``, ``docker login -p`` and others."""

from __future__ import annotations

from typing import Final

from scrubbers.rule import SPACES, pattern_rule

_DATABASES = (
    r"(?:mysql|mysqldump|mysqladmin|mariadb|psql|pg_dump|pg_restore|createdb|dropdb"
    r"|mongo|mongosh|redis-cli|cqlsh|ldapsearch|smbclient|rpcclient|xfreerdp)"
)
_CLIENTS = ("mysql", "maria", "psql", "pg_", "createdb", "dropdb", "mongo")
_MORE_CLIENTS = (
    "redis-cli",
    "cqlsh",
    "ldapsearch",
    "smbclient",
    "rpcclient",
    "freerdp",
)
_NEEDS = (*_CLIENTS, *_MORE_CLIENTS)
_LINE = r"\b[^\n|;]{0,200}?"
_WORD = r"[\"']?(?P<v>[^\s\"'-][^\s\"']{0,255})"

RULES: Final = (
    pattern_rule(
        "user",
        "<user>",
        rf"\b{_DATABASES}{_LINE}\s-[uU]\s{{0,2}}{_WORD}",
        needs=_NEEDS,
        between=SPACES,
    ),
    pattern_rule(
        "host",
        "<host>",
        rf"\b{_DATABASES}{_LINE}\s-h\s{{0,2}}{_WORD}",
        needs=_NEEDS,
        between=SPACES,
    ),
    pattern_rule(
        "user",
        "<user>",
        rf"\b(?:docker|podman|buildah|skopeo|helm|nerdctl){_LINE}\blogin{_LINE}\s"
        rf"-u[\s=]{{1,2}}{_WORD}",
        needs=(" login ",),
        between=SPACES,
    ),
    pattern_rule(
        "secret",
        "<secret>",
        rf"\b(?:docker|podman|buildah|skopeo|helm|nerdctl){_LINE}\blogin{_LINE}\s"
        rf"-p[\s=]{{1,2}}{_WORD}",
        needs=(" login ",),
        between=SPACES,
    ),
    pattern_rule(
        "user",
        "<user>",
        r"(?<![\w-])--(?:profile|context|namespace|as|impersonate|kubeconfig-context)"
        rf"[\s=]{{1,2}}{_WORD}",
        needs=("aws ", "kubectl", "gcloud", "helm ", "eksctl"),
        between=SPACES,
    ),
    pattern_rule(
        "name",
        "<name>",
        r"\bgit[^\n|;]{0,80}?\buser\.(?:name|email|signingkey)\s{1,4}"
        r"(?:\"(?P<v>[^\"\n]{1,128})|'(?P<w>[^'\n]{1,128})|(?P<x>[^\s\"'-]\S{0,127}))",
        needs=("user.name", "user.email", "user.signingkey"),
        between=SPACES,
    ),
    # Amazon's resource names hold account, kind and name of the resource.
    pattern_rule(
        "url",
        "<url>",
        r"\barn:aws[\w-]{0,12}:(?P<v>[^\s\"'<>,;)]{3,512})",
        needs=("arn:aws",),
    ),
)
