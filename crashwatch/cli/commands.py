"""Every command but ``run``: the table of commands, and errors to exit statuses."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from crashwatch import __version__
from crashwatch.cli import exit_status
from crashwatch.cli.folding import width_of
from crashwatch.cli.lazy_group import LazyGroup
from crashwatch.cli.show import complain
from crashwatch.errors import CrashwatchError
from reports.errors import ConsentError, ReportsError

if TYPE_CHECKING:
    from collections.abc import Mapping

_WHERE: Mapping[str, str] = {
    "audit": "crashwatch.cli.audit_command:audit_command",
    "completion": "crashwatch.cli.completion_command:completion",
    "consent": "crashwatch.cli.consent_commands:consent",
    "demo": "crashwatch.cli.demo:demo",
    "detach": "crashwatch.cli.detach_command:detach",
    "disclosure": "crashwatch.cli.consent_commands:disclosure",
    "doctor": "crashwatch.cli.doctor:doctor",
    "erase": "crashwatch.cli.rights_commands:erase",
    "export": "crashwatch.cli.rights_commands:export",
    "honour-deletions": "crashwatch.cli.honour_command:honour_deletions",
    "identity": "crashwatch.cli.rights_commands:identity",
    "ingest": "crashwatch.cli.dump_commands:ingest",
    "inspect": "crashwatch.cli.dump_commands:inspect",
    "reports": "crashwatch.cli.report_commands:reports",
    "run": "crashwatch.cli.run_completion:run",
    "status": "crashwatch.cli.status:status",
    "timer": "crashwatch.cli.timer_command:timer",
    "upkeep": "crashwatch.cli.upkeep_command:upkeep",
    "upload": "crashwatch.cli.upload_command:upload",
    "view": "crashwatch.cli.view_command:view",
    "watch": "crashwatch.cli.dump_commands:watch",
}
"""Command to the module that holds it; loaded when it is called."""


PARTS: Mapping[str, tuple[str, ...]] = {
    "Watch": ("run", "demo", "doctor", "detach"),
    "Reports": ("reports", "view", "audit"),
    "Consent": ("status", "consent", "disclosure"),
    "Send": ("upload", "timer"),
    "Your data": ("export", "erase", "identity", "upkeep"),
    "Minidumps": ("inspect", "ingest", "watch"),
    "Operators": ("honour-deletions",),
    "Shell": ("completion",),
}
"""The commands as the help shows them: a line for each would be more than a screen."""


class _Commands(LazyGroup):
    """The commands in parts, without a line for each option: it fits a screen."""

    def format_options(  # type: ignore[explicit-override] # typing.override is 3.12
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Write the parts; the two options stand in the line of usage."""
        known = self.list_commands(ctx)
        told = {name for names in PARTS.values() for name in names}
        parts = {**PARTS, "More": tuple(name for name in known if name not in told)}
        rows = [(part, "  ".join(names)) for part, names in parts.items() if names]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


_CLICKS_LEAST = 52


@click.group(
    cls=_Commands,
    where=_WHERE,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    options_metavar="[--version] [--help]",
    epilog="\b\n`crashwatch COMMAND --help` tells of each, `man crashwatch` of all.\n"
    "Turn all of it off: crashwatch consent revoke",
)
@click.version_option(__version__, "--version", prog_name="crashwatch")
def crashwatch() -> None:
    """Crash reports that stay on this machine until you decide.

    \b
    crashwatch run -- pachyterm     start a program and watch it
    crashwatch reports list         what was captured
    crashwatch reports show ID      everything that would be sent
    crashwatch status               what is on, and why
    """  # noqa: D301 -- \b is click's mark for a paragraph to leave alone


def _help_width() -> int | None:
    """Click's help is never narrower than 50 columns unless it is told to be."""
    columns = width_of(sys.stdout)
    return columns if columns < _CLICKS_LEAST else None


def main(arguments: list[str]) -> NoReturn:
    """Run a command.

    Exits with 0 done, 1 failed, 2 usage, 3 refused by consent.
    """
    _show_every_character()
    try:
        # Without its standalone mode click returns the status of its own Exit.
        status = crashwatch.main(
            args=arguments,
            prog_name="crashwatch",
            standalone_mode=False,
            terminal_width=_help_width(),
        )
    except click.Abort:
        sys.exit(exit_status.INTERRUPTED)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.UsageError as error:
        _complain_of_usage(error)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        message = error.format_message()
        complain(f"{message[:1].lower()}{message[1:]}")
        sys.exit(error.exit_code)
    except CrashwatchError as error:
        complain(str(error), error.hint)
        sys.exit(error.exit_status)
    except ReportsError as error:
        complain(str(error), error.hint)
        refused = isinstance(error, ConsentError)
        sys.exit(exit_status.REFUSED if refused else exit_status.FAILED)
    except BrokenPipeError:
        _forget_output()  # whoever read us has seen enough
        sys.exit(exit_status.FAILED)
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        complain(f"{what}{error.strerror or error}")
        _forget_output()
        sys.exit(exit_status.FAILED)
    sys.exit(status if isinstance(status, int) else 0)


def _show_every_character() -> None:
    """What a screen's encoding lacks is shown escaped, where it would be an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _forget_output() -> None:
    """What is still buffered goes nowhere; the last flush would complain again."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain_of_usage(error: click.UsageError) -> None:
    """One line, where click prints the usage around it and lists on lines of theirs."""
    where = error.ctx.command_path if error.ctx else "crashwatch"
    message = " ".join(error.format_message().split()).rstrip(".")
    message = f"{message[:1].lower()}{message[1:]}"
    complain(
        f"{where.removeprefix('crashwatch').strip()}: {message}".removeprefix(": "),
        f"`{where} --help` shows how.",
    )
