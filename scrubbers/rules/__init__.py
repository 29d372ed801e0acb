"""Every rule of shape, in the order they run; the one list to read and to extend."""

from typing import Final

from scrubbers.rule import Rule
from scrubbers.rules import (
    account_lines,
    addresses,
    arguments,
    commands,
    control,
    credentials,
    dumps,
    entropy,
    labels,
    listings,
    machine_lines,
    mentions,
    numbers,
    paths,
    secret_lines,
    tokens,
)

ALL: Final[tuple[Rule, ...]] = (
    *control.RULES,
    *credentials.RULES,
    *tokens.RULES,
    *addresses.RULES,
    *paths.RULES,
    *mentions.RULES,
    *listings.RULES,
    *account_lines.RULES,
    *machine_lines.RULES,
    *commands.RULES,
    *arguments.RULES,
    *secret_lines.RULES,
    *labels.RULES,
    *numbers.RULES,
    *dumps.RULES,
    *entropy.RULES,
)
