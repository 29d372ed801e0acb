"""``python -m crashwatch`` and the ``crashwatch`` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line.

    ``run`` takes a way of its own: the terminal waits for it, so nothing is loaded
    that starting a program does not need.
    """
    arguments = sys.argv[1:]
    if arguments[:1] == ["run"]:
        from crashwatch.cli.run import main as run  # noqa: PLC0415

        run(arguments[1:])
    else:
        _others(arguments)


def _others(arguments: list[str]) -> None:
    """Every other command; nobody is shown a traceback, but who develops this.

    ``python -X dev -m crashwatch …`` shows it.
    """
    try:
        from crashwatch.cli.commands import main as others  # noqa: PLC0415

        others(arguments)
    except KeyboardInterrupt:  # before click was there to see it
        sys.exit(130)
    except Exception as error:  # a library that is missing, or a fault of ours
        if sys.flags.dev_mode:
            raise
        from crashwatch.cli.complaint import complain, fault_of  # noqa: PLC0415

        complain(fault_of(error), "`crashwatch doctor` looks for what is broken here.")
        sys.exit(1)


if __name__ == "__main__":
    main()
