"""Dead terminals' counts become days: each once, under grants in force only."""

import os
from datetime import date, timedelta

import pytest

from reports.consent.record import Category
from reports.home import open_home
from reports.usage.counter_file import (
    erase,
    is_alive,
    keep_ending,
    make_counter_file,
    read_counter_file,
    started_at,
    this_boot,
)
from reports.usage.counter_layout import (
    COUNTED,
    Section,
    fresh_file,
    one_section,
    owner_bytes,
    parse_counter_file,
    places_of,
)
from reports.usage.days import Days
from reports.usage.merge import merge, read_runs, run_names
from reports.usage.summary import (
    DayCounts,
    add_section,
    decode_day,
    encode_day,
    expired_days,
    last_days,
    number_of,
    used_on,
)
from tests.doubles.sample_registry import sample_registry

DAY = date(2026, 11, 21)
GRANTS = dict(zip(COUNTED, (5, 6, 7, 8), strict=True))
PLACES = places_of(sample_registry(), DAY)
COUNTS = {"tabs/opened": {0: 3}, "frame_time": {9: 2}, "search": {0: 1}}


@pytest.fixture
def home(tmp_path):
    return open_home(tmp_path / "home")


def section(day=DAY, grants=(5, 6, 7, 8), **counts):
    return Section(number_of(day), grants, counts or COUNTS)


def dead_run(home, made=None):
    head = fresh_file(PLACES, b"r" * 32, this_boot(), sections=1)
    keep_ending(home, one_section(head, made or section(), PLACES))


def totals(home, day=DAY):
    return {
        metric.name: metric.total
        for category in Days(home).read(day).categories
        for metric in category.metrics
    }


def test_counts_are_added_and_features_are_only_used(home):
    for _ in range(3):
        dead_run(home)
    assert merge(home, GRANTS).runs == 3
    assert totals(home) == {"tabs/opened": 9, "frame_time": 6, "search": 1}
    assert run_names(home) == []
    assert Days(home).read(DAY).merged == ()


def test_merging_again_adds_nothing(home):
    dead_run(home)
    merge(home, GRANTS)
    merge(home, GRANTS)
    assert totals(home)["tabs/opened"] == 3


def test_what_was_counted_under_another_grant_is_forgotten(home):
    dead_run(home, section(grants=(4, 6, 0, 8)))
    merge(home, GRANTS)
    assert totals(home) == {"frame_time": 2}


def test_a_new_grant_begins_anew(home):
    dead_run(home)
    merge(home, GRANTS)
    dead_run(home, section(grants=(50, 6, 7, 8)))
    merge(home, GRANTS | {Category.USAGE: 50})
    assert totals(home)["tabs/opened"] == 3


def test_a_living_terminals_file_stays(home):
    made = make_counter_file(home, PLACES, b"r" * 32)
    try:
        assert merge(home, GRANTS).runs == 0
        assert run_names(home) == [made.run]
    finally:
        os.close(made.descriptor)
    assert merge(home, GRANTS).runs == 1


def test_a_file_that_its_terminal_closed_is_known_by_pid_and_start_time(home):
    made = make_counter_file(home, PLACES, b"r" * 32)
    path = home.runs / made.run / "counters"
    own = owner_bytes(os.getpid(), started_at(os.getpid()), 1)
    os.pwrite(made.descriptor, own, 56)
    os.close(made.descriptor)
    file = read_counter_file(path)
    assert is_alive(path, file, this_boot())
    assert not is_alive(path, file, bytes(16)), "another boot"
    reused = owner_bytes(os.getpid(), started_at(os.getpid()) - 1, 1)
    with path.open("r+b") as stream:
        stream.seek(56)
        stream.write(reused)
    assert not is_alive(path, read_counter_file(path), this_boot())


def test_closed_days_of_a_living_terminal_are_merged_once(home):
    made = make_counter_file(home, PLACES, b"r" * 32)
    two = fresh_file(PLACES, b"r" * 32, this_boot())
    from crashwatch.client.inside.counter_store import Store

    image = bytearray(os.pread(made.descriptor, 1 << 20, 0))
    assert image[:8] == two[:8]
    store = Store(image)
    grants = [5, 6, 7, 8]
    for day in (DAY, DAY + timedelta(1)):
        at = store.section(number_of(day), grants)
        store.values[store.places(at, grants)[0]["tabs/opened"]] = 10
    os.pwrite(made.descriptor, image, 0)
    merge(home, GRANTS)
    merge(home, GRANTS)
    assert totals(home) == {"tabs/opened": 10}
    assert totals(home, DAY + timedelta(1)) == {}
    assert len(Days(home).read(DAY).merged) == 1
    os.close(made.descriptor)
    merge(home, GRANTS)
    assert totals(home) == {"tabs/opened": 10}
    assert totals(home, DAY + timedelta(1)) == {"tabs/opened": 10}


def test_a_damaged_file_is_set_aside_and_never_looked_at_again(home):
    dead_run(home)
    (name,) = run_names(home)
    path = home.runs / name / "ending"
    path.write_bytes(path.read_bytes()[:-1])
    assert merge(home, GRANTS) == (1, 1)
    assert merge(home, GRANTS) == (0, 0)
    assert [p.name for p in (home.usage / "damaged").iterdir()] == [name]


def test_only_a_few_damaged_ones_are_kept(home):
    for _ in range(25):
        dead_run(home)
    for name in run_names(home):
        (home.runs / name / "ending").write_bytes(b"?")
    merge(home, GRANTS)
    assert len(list((home.usage / "damaged").iterdir())) == 20


def test_a_link_in_the_place_of_a_counter_file_is_not_followed(home, tmp_path):
    dead_run(home)
    (name,) = run_names(home)
    path = home.runs / name / "ending"
    path.rename(tmp_path / "moved")
    path.symlink_to(tmp_path / "moved")
    assert merge(home, GRANTS).damaged == 1
    assert totals(home) == {}


def test_a_damaged_day_is_kept_aside_and_begun_anew(home):
    dead_run(home)
    merge(home, GRANTS)
    day = home.usage / f"{DAY}.counts"
    day.write_bytes(b"{")
    dead_run(home)
    merge(home, GRANTS)
    assert totals(home)["tabs/opened"] == 3
    assert (home.usage / "damaged" / day.name).exists()


def test_what_a_maker_that_died_left_is_removed_in_time(home):
    dead_run(home)
    left = home.runs / ".new-0011223344556677"
    left.mkdir()
    merge(home, GRANTS)
    assert left.exists()
    os.utime(left, (1, 1))
    merge(home, GRANTS)
    assert not left.exists()


def test_a_refusal_erases_what_is_counted_under_a_living_terminal(home):
    made = make_counter_file(home, PLACES, b"r" * 32)
    head = fresh_file(PLACES, b"r" * 32, this_boot(), sections=32)
    data = one_section(head, section(), PLACES)
    os.pwrite(made.descriptor, data, 0)
    path = home.runs / made.run / "counters"
    erase(path, [Category.USAGE])
    (left,) = parse_counter_file(os.pread(made.descriptor, 1 << 20, 0)).sections
    assert set(left.counts) == {"frame_time", "search"}
    os.close(made.descriptor)


def test_withdrawing_removes_a_category_from_every_day(home):
    dead_run(home)
    dead_run(home, section(DAY - timedelta(3)))
    merge(home, GRANTS)
    Days(home).withdraw([Category.USAGE])
    assert set(totals(home)) == {"frame_time", "search"}
    assert set(totals(home, DAY - timedelta(3))) == {"frame_time", "search"}


def test_unmerged_counts_can_be_looked_at(home):
    dead_run(home)
    (run,) = read_runs(home)
    assert [entry[1].counts for entry in run.sections] == [COUNTS]
    assert not run.alive


def test_nothing_is_made_where_nothing_was_counted(home):
    assert merge(home, GRANTS) == (0, 0)
    assert not home.usage.exists()


def test_days_of_use():
    days = []
    for back in (0, 3, 6, 7, 27, 28):
        counts = DayCounts(day=DAY - timedelta(back))
        made = section(DAY - timedelta(back), search={0: 1})
        days.append(add_section(counts, "s", made, PLACES, GRANTS))
    assert used_on(last_days(days, DAY, 7), "features", 7) == {"search": 3}
    assert used_on(last_days(days, DAY, 28), "features", 7) == {"search": 5}
    assert used_on(days, "features", 99) == {}


def test_which_days_are_too_old():
    days = [DAY - timedelta(n) for n in (-5, 0, 90, 91)]
    assert expired_days(days, DAY) == (DAY - timedelta(91),)
    assert expired_days(days, DAY, 0) == (DAY - timedelta(90), DAY - timedelta(91))


def test_a_day_reads_as_it_was_written():
    counts = add_section(DayCounts(day=DAY), "a/b/0", section(), PLACES, GRANTS)
    assert decode_day(encode_day(counts)) == counts


def test_sums_stay_within_what_can_be_stored():
    counts = DayCounts(day=DAY)
    for source in "ab":
        made = section(**{"tabs/opened": {0: 2**63 - 1}})
        counts = add_section(counts, source, made, PLACES, GRANTS)
    assert decode_day(encode_day(counts)).of(Category.USAGE).metrics[0].total
