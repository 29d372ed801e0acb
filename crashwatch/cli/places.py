"""Where our own files are that others run: the client, and the sleeper's alarm."""

from __future__ import annotations

import os

_HERE = os.path.dirname(os.path.abspath(__file__))

ALARM = os.path.join(_HERE, "wake_alone.py")
"""What the sleeper becomes when something happens."""

INJECTED = os.path.join(os.path.dirname(_HERE), "client", "injected")
"""The folder of our ``sitecustomize``."""
