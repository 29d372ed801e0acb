"""Every rule of shape, in the order they run; the one list to read and to extend."""

from typing import Final

from scrubbers.rule import Rule
from scrubbers.rules import (
    addresses,
    arguments,
    commands,
    control,
    credentials,
    dumps,
    entropy,
    labels,
    listings,
    mentions,
    numbers,
    paths,
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
    *commands.RULES,
    *arguments.RULES,
    *labels.RULES,
    *numbers.RULES,
    *dumps.RULES,
    *entropy.RULES,
)
