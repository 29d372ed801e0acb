"""Every rule of shape, in the order they run; the one list to read and to extend."""

from typing import Final

from scrubbers.rule import Rule
from scrubbers.rules import (
    addresses,
    control,
    credentials,
    entropy,
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
    *numbers.RULES,
    *entropy.RULES,
)
