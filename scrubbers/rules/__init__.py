"""Every rule of shape, in the order they run; the one list to read and to extend."""

from typing import Final

from scrubbers.rule import Rule
from scrubbers.rules import (
    addresses,
    commands,
    control,
    credentials,
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
    *labels.RULES,
    *numbers.RULES,
    *entropy.RULES,
)
