"""``python -m crashwatch`` and the ``crashwatch`` command."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line.

    ``run`` takes a way of its own: the terminal waits for it, so nothing is loaded
    that starting a program does not need.
    """
    sys.path[:] = _ours_first(sys.path, os.environ.get("PYTHONPATH", ""))
    arguments = sys.argv[1:]
    if arguments[:1] == ["run"]:
        from crashwatch.cli.run import main as run  # noqa: PLC0415

        run(arguments[1:])
    else:
        _others(arguments)


def _ours_first(paths: list[str], given: str) -> list[str]:
    """The paths with those last that are there for the program's sake.

    ``PYTHONPATH``, and the working directory of ``python -m``, may hold a ``reports``
    or a ``click`` of the program's own. Where crashwatch itself was found there, that
    folder comes before all others.
    """
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH120, PTH100 -- pathlib would cost every start 5 ms
    named = given.split(os.pathsep) if given else []
    theirs = {os.path.abspath(path) for path in named}  # noqa: PTH100
    if not sys.flags.safe_path:
        theirs.add(paths[0])
    late = [path for path in paths if path in theirs and path != own]
    first = [own] if own in theirs else []
    return first + [path for path in paths if path not in theirs] + late


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
