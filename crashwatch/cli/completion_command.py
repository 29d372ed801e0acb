"""``crashwatch completion``: what a shell needs to complete our commands, by click."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

_SHELLS = ("bash", "zsh", "fish")
_VARIABLE = "_CRASHWATCH_COMPLETE"
"""By which the shell's function asks us; click looks for a variable of this name."""

_EACH_TIME = ("== loadautofunc ]]", "== (loadautofunc|shfunc) ]]")
"""zsh reads a file of $fpath as the body of a function. At its first call click's text
completes; at the second, no longer being loaded, it would do nothing but register
itself: that Tab was lost."""


@click.command()
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what makes SHELL complete commands, options and states.

    \b
    bash  write it to ~/.local/share/bash-completion/completions/crashwatch
    zsh   write it to _crashwatch in a folder of $fpath
    fish  write it to ~/.config/fish/completions/crashwatch.fish

    Example: crashwatch completion zsh > ~/.zfunc/_crashwatch
    """  # noqa: D301 -- \b is click's mark for a paragraph to leave alone
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell}")
    made = kind(context.find_root().command, {}, "crashwatch", _VARIABLE)
    # click runs the shell here to see its version; printing a text needs none.
    click.echo((made.source_template % made.source_vars()).replace(*_EACH_TIME))
