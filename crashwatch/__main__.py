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
        from crashwatch.cli.commands import main as others  # noqa: PLC0415

        others(arguments)


if __name__ == "__main__":
    main()
