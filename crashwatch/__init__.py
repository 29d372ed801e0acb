"""Crash reports and opt-in telemetry for a terminal that respects its owner."""

__version__ = "0.1.0"
