"""A clock that leaps deletes nothing; an absence that was one delays by a week."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from reports.home import open_home
from reports.lifecycle import State
from reports.rights.upkeep import Tidied, tidy
from reports.spool.directory import Spool
from reports.spool.retention import Limits
from reports.spool.seen_clock import LEAP, MARK, Doubt, SeenClock, known
from reports.spool.trim import trim, trim_if_needed
from tests.doubles.sample_payload import sample_payload

NOW = datetime(2026, 12, 5, tzinfo=UTC)
DAY = timedelta(days=1)
YEARS = timedelta(days=730)


class Machine:
    """A home, its clock, and what a start of a terminal does about old things."""

    def __init__(self, folder):
        self.home = open_home(folder)
        self.now = NOW
        self.spool = Spool(self.home, now=lambda: self.now)

    def start(self, after=timedelta()):
        self.now += after
        return tidy(
            self.spool, Limits(), counters=timedelta(days=90), log=timedelta(days=1095)
        )

    def use(self, days):
        return sum(self.start(DAY).reports for _ in range(days))

    def crash(self):
        payload = sample_payload(created=self.now.isoformat().replace("+00:00", "Z"))
        self.spool.add(payload)
        return payload.id

    def waiting(self):
        return {found.id for found in self.spool.walk() if found.state is State.PENDING}


@pytest.fixture
def machine(tmp_path):
    machine = Machine(tmp_path / "home")
    machine.start()
    return machine


class TestLeaps:
    @pytest.mark.parametrize("leap", [YEARS, 10 * YEARS, LEAP + DAY])
    def test_years_ahead_for_some_days_and_back_again_delete_nothing(
        self, machine, leap
    ):
        before = machine.crash()
        machine.use(20)
        machine.now += leap
        assert machine.use(3) == 0
        assert trim(machine.spool) == ()
        during = machine.crash()
        assert trim_if_needed(machine.spool, Limits()) == ()
        machine.now -= leap
        assert machine.use(6) == 0
        assert machine.waiting() == {before, during}
        assert machine.use(3) == 1, "31 days have passed for the first"
        assert machine.waiting() == {during}

    def test_nor_counted_days_choices_or_lines_of_the_ledger(self, machine):
        usage = machine.home.make_folder(machine.home.usage)
        (usage / f"{date(2026, 12, 4)}.counts").write_text("x")
        (usage / f"{date(2026, 12, 4)}.counts").chmod(0o600)
        machine.spool.discard(machine.crash())
        assert machine.start(YEARS) == Tidied()
        assert machine.start(-YEARS) == Tidied()
        assert len(machine.spool.ledger()) == 1
        assert machine.start(91 * DAY).days == 1, "an absence"
        assert not list(usage.iterdir())

    def test_a_clock_set_back_for_a_while_deletes_nothing_either(self, machine):
        kept = machine.crash()
        machine.start(-YEARS)
        machine.use(3)
        machine.now += YEARS
        machine.use(20)
        assert machine.waiting() == {kept}
        machine.use(8)
        assert machine.waiting() == set()

    def test_an_hour_back_on_the_far_side_proves_nothing(self, machine):
        kept = machine.crash()
        machine.start(YEARS)
        machine.start(-timedelta(hours=1))
        machine.use(3)
        assert machine.waiting() == {kept}


class TestAbsences:
    def test_after_two_years_off_what_is_too_old_goes_a_week_later(self, machine):
        machine.crash()
        assert machine.start(YEARS).reports == 0
        assert machine.use(6) == 0
        assert machine.use(1) == 1

    @pytest.mark.parametrize("days", [31, 90, 366])
    def test_after_months_off_it_goes_at_the_next_start(self, machine, days):
        machine.crash()
        assert machine.start(days * DAY).reports == 1

    def test_replaced_choices_and_the_ledger_go_by_the_clock_itself(self, machine):
        machine.spool.discard(machine.crash())
        assert machine.start(1096 * DAY).lines == 1


class TestItsFile:
    @pytest.mark.parametrize(
        "text",
        ["", "nonsense\n", "2026-12-05T00:00:00+00:00\nx y\n", "9" * 300, "\x00\n"],
    )
    def test_one_that_cannot_be_read_is_as_none(self, machine, text):
        (machine.home.reports / MARK).write_text(text)
        assert known(machine.home, NOW) == SeenClock(NOW)

    def test_that_of_an_older_version_is_understood(self, machine):
        (machine.home.reports / MARK).write_text(f"{NOW.isoformat()}\n")
        later = NOW + YEARS
        assert known(machine.home, later) == SeenClock(later, (Doubt(YEARS, later),))

    def test_a_doubt_is_remembered(self, machine):
        machine.start(YEARS)
        later = known(machine.home, machine.now + DAY)
        assert later.believed == later.seen - YEARS
        machine.start(DAY)
        later = known(machine.home, machine.now + DAY)
        assert later.believed == later.seen - YEARS
