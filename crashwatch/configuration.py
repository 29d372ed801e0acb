"""The settings: one frozen value from ``config.toml``, the environment and defaults.

Built once, at the edge, and handed on. The environment wins over the file, the
administrator's fixed endpoint over both. No person's consent is in it:
see ``reports.consent``.

The launcher loads this before the terminal starts, so nothing large is imported:
``tomllib`` only where there is a file, and no ``dataclasses``.
"""

from __future__ import annotations

import os

from crashwatch.dsn import fault_in_dsn
from crashwatch.errors import ConfigurationError
from crashwatch.region_settings import AUTO, CATEGORIES, Region, read_regions
from crashwatch.retention_settings import LONGEST, Retention, read_retention
from reports.light_tuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    from crashwatch.delivery_settings import Delivery
    from crashwatch.toml_text import Settings

    T = TypeVar("T")

CAPTURE_MODES = ("auto", "hold", "trace", "off")

DSN_VARIABLE = "CRASHWATCH_DSN"
CA_BUNDLE_VARIABLE = "CRASHWATCH_CA_BUNDLE"
RELEASE_VARIABLE = "CRASHWATCH_RELEASE"


class Configuration(NamedTuple):
    """Every setting there is.

    Attributes:
        dsn: Where reports may go; empty: nowhere, all stays on this machine.
        ca_bundle: File of certificate authorities to trust instead of the system's;
            empty: the system's.
        release: The program's version as reports name it; may be empty.
        app_roots: Absolute folders whose files appear in reports as ``<app>/…``.
        thread_names: Names of the application's threads that may be told, also with
            a number behind: ``pty-reader`` stands for ``pty-reader-3`` as well.
        capture: One of ``CAPTURE_MODES``.
        trace_native: Whether ``capture = "auto"`` may trace programs that our client
            cannot get into; no debugger can attach to them meanwhile.
        prompt_timeout: Seconds without an answer that count as "don't send".
        view_idle: Seconds without a visit after which the page of ``view`` ends.
        hold_write_seconds: Longest that one write of its traceback waits for a
            supervisor that does not read (``SO_SNDTIMEO``); for all of them together
            ``hold_guard`` gives three seconds.
        hang_seconds: How long heartbeats must stand still to be a hang; 0: none is
            looked for.
        resident: The launcher stays a Python process, where it would else sleep.
        follow_children: The program's Python children are watched too.
        registry: File of the metrics that may be counted; empty: Pachyterm's own.
        plugins: Publicly known plugins, which may be told by name.
        safe_arguments: Added to the program's arguments when it is started again
            after crashing in a loop, e.g. ``--no-plugins``.
        headless_consent: Categories that the operator of headless runs consents to;
            nowhere else does it count, and ``CRASHWATCH_CONSENT`` replaces it.
        retention: How long things are kept.
        delivery: How much may be sent, and when; None: as usual.
        region: Name of the region we are in, or ``auto``.
        regions: The rules of each.
    """

    dsn: str = ""
    ca_bundle: str = ""
    release: str = ""
    app_roots: tuple[str, ...] = ()
    thread_names: tuple[str, ...] = ()
    capture: str = "auto"
    trace_native: bool = False
    prompt_timeout: float = 60.0
    view_idle: float = 1800.0
    hold_write_seconds: float = 10.0
    hang_seconds: float = 10.0
    resident: bool = False
    follow_children: bool = False
    registry: str = ""
    plugins: tuple[str, ...] = ()
    safe_arguments: tuple[str, ...] = ()
    headless_consent: tuple[str, ...] = ()
    retention: Retention = LONGEST
    delivery: Delivery | None = None
    region: str = AUTO
    regions: tuple[Region, ...] = ()


DEFAULTS = Configuration()


def load_configuration(
    path: str | os.PathLike[str],
    environment: Mapping[str, str],
    *,
    fixed_dsn: str = "",
    default_dsn: str = "",
) -> Configuration:
    """Read the file, if there is one, and the environment.

    Args:
        path: ``config.toml``; it need not exist.
        environment: The process's environment.
        fixed_dsn: The administrator's endpoint; wins over everything.
        default_dsn: The distribution's, where nothing else names one.

    Raises:
        ConfigurationError: A setting that cannot be used, with its place.
    """
    configuration = DEFAULTS._replace(dsn=default_dsn)
    if os.path.lexists(path):
        home = environment.get("HOME", "")
        configuration = _from_file(path, home, configuration)
    configuration = configuration._replace(
        dsn=_variable(environment, DSN_VARIABLE, fault_in_dsn, configuration.dsn),
        ca_bundle=_variable(
            environment, CA_BUNDLE_VARIABLE, _fault_in_file, configuration.ca_bundle
        ),
        release=_variable(
            environment, RELEASE_VARIABLE, _fault_in_release, configuration.release
        ),
    )
    return configuration._replace(dsn=fixed_dsn) if fixed_dsn else configuration


def _from_file(
    path: str | os.PathLike[str], home: str, otherwise: Configuration
) -> Configuration:
    from crashwatch import toml_text  # noqa: PLC0415 -- only where there is a file

    text = toml_text.read_text(path)
    if text is None:
        return otherwise
    settings = toml_text.Settings(text, str(path))
    read = Configuration(
        dsn=_checked_text(settings, "dsn", fault_in_dsn, otherwise.dsn),
        ca_bundle=_checked_text(settings, "ca_bundle", _fault_in_file),
        release=_checked_text(settings, "release", _fault_in_release),
        app_roots=_app_roots(settings, home),
        thread_names=_thread_names(settings),
        capture=_or(settings.choice("capture", CAPTURE_MODES), DEFAULTS.capture),
        trace_native=settings.flag("trace_native") or False,
        prompt_timeout=_or(
            settings.seconds("prompt_timeout", 1, 86_400), DEFAULTS.prompt_timeout
        ),
        view_idle=_or(settings.seconds("view_idle", 1, 86_400), DEFAULTS.view_idle),
        hold_write_seconds=_or(
            settings.seconds("hold_write_seconds", 0.001, 60),
            DEFAULTS.hold_write_seconds,
        ),
        hang_seconds=_or(
            settings.seconds("hang_seconds", 0, 86_400), DEFAULTS.hang_seconds
        ),
        resident=settings.flag("resident") or False,
        follow_children=settings.flag("follow_children") or False,
        registry=_checked_text(settings, "registry", _fault_in_file),
        plugins=_plugins(settings),
        safe_arguments=_or(settings.texts("safe_arguments"), ()),
        headless_consent=_headless_consent(settings),
        retention=_table(settings, "retention", read_retention, LONGEST),
        delivery=_table(settings, "delivery", _delivery, None),
        region=_or(settings.text("region"), AUTO),
        regions=_table(settings, "regions", read_regions, ()),
    )
    settings.refuse_others()
    return read


def _delivery(table: Settings) -> Delivery | None:
    from crashwatch.delivery_settings import read_delivery  # noqa: PLC0415

    return read_delivery(table)


def _table(
    settings: Settings, key: str, read: Callable[[Settings], T], default: T
) -> T:
    table = settings.table(key)
    if table is None:
        return default
    value = read(table)
    table.refuse_others()
    return value


def _or(value: T | None, default: T) -> T:
    return default if value is None else value


def _variable(
    environment: Mapping[str, str],
    variable: str,
    fault_in: Callable[[str], str],
    otherwise: str,
) -> str:
    """What the variable says. One that is set and empty clears the setting."""
    value = environment.get(variable)
    if value is None:
        return otherwise
    fault = fault_in(value) if value else ""
    if fault:
        raise ConfigurationError(
            fault, f"Correct or unset {variable}.", file=f"${variable}"
        )
    return value


def _checked_text(
    settings: Settings, key: str, fault_in: Callable[[str], str], otherwise: str = ""
) -> str:
    """What the file says; an empty text there clears what else would hold."""
    value = _or(settings.text(key), otherwise)
    fault = fault_in(value) if value else ""
    if fault:
        raise settings.fault(key, f"cannot be used: {fault}")
    return value


def _fault_in_file(value: str) -> str:
    return "" if value.startswith("/") else "it must be an absolute path"


def _fault_in_release(value: str) -> str:
    allowed = value.isascii() and value.translate(_NO_MARKS).isalnum()
    if len(value) > 64 or not allowed or not value[0].isalnum():
        return "a release is up to 64 letters, digits and . + _ -"
    return ""


_NO_MARKS = {ord(mark): "" for mark in ".+_-"}


def _plugins(settings: Settings) -> tuple[str, ...]:
    found = settings.texts("plugins") or ()
    for name in found:
        plain = name.translate({ord("-"): "", ord("_"): ""})
        if not (plain.isascii() and plain.isalnum() and name == name.lower()):
            raise settings.fault("plugins", "are named by a-z, 0-9, _ and - only")
        if len(name) > 40 or name[0] in "-_":
            raise settings.fault("plugins", "have names of 40 characters at most")
    return found


def _headless_consent(settings: Settings) -> tuple[str, ...]:
    names = settings.texts("headless_consent") or ()
    if not set(names) <= set(CATEGORIES):
        fault = f"may only hold {', '.join(CATEGORIES)}"
        raise settings.fault("headless_consent", fault)
    return names


def _app_roots(settings: Settings, home: str) -> tuple[str, ...]:
    found = []
    for given in settings.texts("app_roots") or ():
        root = _home_expanded(given, home)
        fault = _fault_in_root(root, home)
        if fault:
            raise settings.fault("app_roots", fault)
        found.append(root)
    return tuple(found)


def _thread_names(settings: Settings) -> tuple[str, ...]:
    names = settings.texts("thread_names") or ()
    for name in names:
        marks = name.translate({ord(mark): "" for mark in "_.() -"})
        plain = name.isascii() and marks.isalnum() and name[0].isalpha()
        if not plain or len(name) > 56:
            raise settings.fault(
                "thread_names", "may only hold letters, digits and _ . ( ) - and blanks"
            )
    return names


def _home_expanded(folder: str, home: str) -> str:
    if home and (folder == "~" or folder.startswith("~/")):
        folder = home + folder[1:]
    return folder.rstrip("/") or "/"


def _fault_in_root(root: str, home: str) -> str:
    """A root's files are named in reports, so it may not hold the person's home."""
    if not root.startswith("/") or "/../" in f"{root}/" or "/./" in f"{root}/":
        return "may only hold absolute folders"
    if f"{home.rstrip('/')}/".startswith(f"{root.rstrip('/')}/"):
        return "may not hold / or a folder your home is in: their files are yours"
    return ""
