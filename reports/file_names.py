"""Names of files in the home that are looked for without ``reports.home``.

It loads ``pathlib``, which is too much before a terminal starts.
"""

from __future__ import annotations

CONFIG = "config.toml"
CONSENT_RECORD = "consent.json"
CONSENT_LOG = "consent.log"
