"""Time as a parameter: what the uploader asks, and the system's answer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Where the uploader gets its time.

    Attributes:
        now: Wall time with its zone; may jump.
        monotonic: Seconds since some moment; never jumps, good for waits only.
        sleep: Waits that many seconds.
    """

    now: Callable[[], datetime] = _utc_now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
