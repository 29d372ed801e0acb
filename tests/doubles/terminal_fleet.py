"""Many terminals and one server, simulated; their manners are the real ones.

Every decision of a terminal (when its day's counts may go, how long it stays away after
a failure, what it makes of a 429) is taken by the code that terminals run. The rest is
a queue of moments. A fleet of 10^8 is simulated by a sample: terminals know nothing of
each other, so a sample's rates are the fleet's, times the ratio.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from reports.upload.memory import Memory
from reports.upload.rate_limits import pause_asked
from reports.upload.turns import turn_of

START = datetime(2026, 3, 5, tzinfo=UTC)
HOUR = 3600.0
DAY = 24 * HOUR


def moment(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@dataclass
class Server:
    """Takes requests, refuses them, or is down.

    Attributes:
        down: From and to, in seconds.
        a_minute: Requests it takes in a minute; more are told to come back.
        retry_after: What it then says, in seconds.
    """

    down: tuple[float, float] = (0.0, 0.0)
    a_minute: float = float("inf")
    retry_after: int = 60
    taken: dict[int, int] = field(default_factory=dict)

    def answer(self, now: float) -> int:
        """An HTTP status; 0 for none."""
        if self.down[0] <= now < self.down[1]:
            return 0
        minute = int(now // 60)
        if self.taken.get(minute, 0) >= self.a_minute:
            return 429
        self.taken[minute] = self.taken.get(minute, 0) + 1
        return 200


@dataclass
class Log:
    """What came to the server and what waited, in seconds since the start.

    Attributes:
        requests: Moments of all requests, answered or not.
        delivered: Moment and age of each batch that was taken.
        waiting: Batches that were still with their terminals at the end.
        most_waiting: The most batches that were due and not taken at one moment.
    """

    requests: list[float] = field(default_factory=list)
    delivered: list[tuple[float, float]] = field(default_factory=list)
    waiting: int = 0
    most_waiting: int = 0

    def rate(self, begin: float, end: float) -> float:
        """Requests a second in a stretch of time."""
        return sum(begin <= t < end for t in self.requests) / (end - begin)

    def peak(self, begin: float, end: float, width: float) -> float:
        """The busiest stretch of that width: requests a second."""
        counts: dict[int, int] = {}
        for t in self.requests:
            if begin <= t < end:
                place = int((t - begin) // width)
                counts[place] = counts.get(place, 0) + 1
        return max(counts.values(), default=0) / width


@dataclass
class Fleet:
    """Terminals that each have one batch a day to send, and crash together if told.

    Attributes:
        size: How many are simulated.
        seed: Of all chance.
        spread: The moment a day's batch may go; the real one unless told otherwise.
        delay: Wait after a failure; the real one unless told otherwise.
    """

    size: int
    seed: int = 20261122
    spread: Callable[[datetime, list[str]], datetime] = turn_of
    delay: Callable[[int, float], timedelta] | None = None

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def daily(self, server: Server, days: int) -> Log:
        """Every terminal's batch of each day is made at midnight: the worst moment."""
        due = []
        for day in range(days):
            made = moment(day * DAY)
            for terminal in range(self.size):
                name = f"{self._chance.getrandbits(128):032x}"
                at = (self.spread(made, [name]) - START).total_seconds()
                due.append((at, terminal))
        return self._run(server, due, days * DAY)

    def crash_within(self, server: Server, seconds: float, hours: float) -> Log:
        """All crash once within so many seconds, and their reports go at once."""
        due = [(self._chance.uniform(0, seconds), n) for n in range(self.size)]
        return self._run(server, due, hours * HOUR)

    def _run(self, server: Server, due: list[tuple[float, int]], end: float) -> Log:
        log = Log()
        memories: dict[int, Memory] = {}
        queues: dict[int, list[float]] = {}
        waiting = 0
        passes = [(at, n, True) for at, n in due]
        heapq.heapify(passes)
        while passes and passes[0][0] < end:
            now, terminal, is_new = heapq.heappop(passes)
            queue = queues.setdefault(terminal, [])
            if is_new:
                queue.append(now)
                waiting += 1
                log.most_waiting = max(log.most_waiting, waiting)
            memory = memories.get(terminal, Memory())
            if not queue or (memory.is_waiting(moment(now))):
                continue
            log.requests.append(now)
            status = server.answer(now)
            if status == 200:
                log.delivered += [(now, now - made) for made in queue]
                waiting -= len(queue)
                queue.clear()
                memories.pop(terminal, None)
                continue
            memory = self._after(memory, now, status, server.retry_after)
            memories[terminal] = memory
            later = (memory.not_before or moment(now)) - START
            # A thousandth later: at the very moment it is still too early.
            heapq.heappush(passes, (later.total_seconds() + 0.001, terminal, False))
        log.waiting = waiting
        return log

    def _after(self, memory: Memory, now: float, status: int, pause: int) -> Memory:
        headers = {"retry-after": str(pause)} if status == 429 else {}
        at = moment(now)
        fraction = self._chance.random()
        if self.delay is not None:
            until = at + self.delay(memory.failures + 1, fraction)
            return Memory(failures=memory.failures + 1, not_before=until)
        asked = pause_asked(status, headers, at) if status else None
        return memory.after_failure(at, fraction, asked, "a report")
