"""``crashwatch view``: the local page, served until nobody needs it."""

from __future__ import annotations

import os

import click

from crashwatch.cli.session import open_session
from crashwatch.cli.show import say


@click.command()
@click.option("--no-browser", is_flag=True, help="Print the address, open nothing.")
def view(*, no_browser: bool) -> None:
    """Look at everything in a browser, and decide there.

    The page is on this machine alone and ends when it is not used; Ctrl-C ends it too.
    The address that is printed is good for one visit.

    Example: crashwatch view --no-browser
    """
    session = open_session()
    # Web server and templates are loaded by nobody else.
    from crashwatch.cli.view_desk import SessionDesk  # noqa: PLC0415
    from crashwatch.transparency.server import has_display, serve  # noqa: PLC0415

    try:
        why = serve(
            SessionDesk(session.home.root),
            idle_seconds=session.configuration.view_idle,
            tell=_tell,
            browse=has_display(os.environ) and not no_browser,
        )
    except KeyboardInterrupt:
        why = "interrupted"
    say(f"The page has ended: {why}.")


def _tell(address: str) -> None:
    say(address)
    say("Good for one visit, on this machine only. Ctrl-C ends the page.")
