"""Name history without overlaps, whatever order files arrive in."""

from __future__ import annotations

from datetime import date, timedelta
from functools import reduce
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cot.catalogue.spellings import Period, Spelling, merge

FIRST = date(2021, 1, 5)


def spelled(name: str, units: str = "") -> Spelling:
    return Spelling(name, "CBT", units, "001")


def week(number: int) -> date:
    return FIRST + timedelta(weeks=number)


def period(name: str, first: int, last: int, units: str = "") -> Period:
    return Period(spelled(name, units), week(first), week(last))


def test_neighbouring_files_of_one_name_become_one_period():
    assert merge([period("WHEAT", 52, 103), period("WHEAT", 0, 51)]) == [period("WHEAT", 0, 103)]


def test_a_week_without_report_between_two_files_stays_open():
    """Another file may still show another name there."""
    apart = [period("WHEAT", 0, 51), period("WHEAT", 53, 103)]
    assert merge(apart) == apart


def test_a_new_name_ends_the_old_one():
    renamed = [period("WHEAT", 0, 55), period("WHEAT-SRW", 56, 103)]
    assert merge(reversed(renamed)) == renamed


def test_a_legacy_text_cut_short_is_overruled_by_the_whole_one():
    """ "X $100" of the legacy report is "X $1000" cut at forty letters."""
    cut, whole = period("SPX", 0, 60, "INDEX X $100"), period("SPX", 10, 60, "INDEX X $1000")
    assert merge([whole, cut]) == [period("SPX", 0, 9, "INDEX X $100"), whole]


periods = st.builds(
    lambda name, first, length: period(name, first, first + length),
    st.sampled_from(["A", "B", "CC", "DDD"]),
    st.integers(0, 30),
    st.integers(0, 12),
)


@given(st.lists(periods, min_size=1, max_size=8), st.randoms())
def test_the_history_does_not_depend_on_the_order_of_the_files(seen, random):
    """Stored step by step in any order, the history is that of all files at once."""
    shuffled = random.sample(seen, len(seen))
    assert reduce(lambda history, new: merge([*history, new]), shuffled, []) == merge(seen)


@given(st.lists(periods, min_size=1, max_size=8))
def test_no_two_periods_overlap_and_none_is_empty(seen):
    history = merge(seen)
    assert all(p.first_date <= p.last_date for p in history)
    assert all(a.last_date < b.first_date for a, b in pairwise(history))


@given(st.lists(periods, min_size=1, max_size=8))
def test_every_week_bears_the_strongest_name_any_file_shows_for_it(seen):
    history = merge(seen)
    for number in range(45):
        day = week(number)
        names = [p.spelling.name for p in history if p.first_date <= day <= p.last_date]
        shown = [p.spelling.name for p in seen if p.first_date <= day <= p.last_date]
        assert names == sorted(shown, key=lambda name: (len(name), name))[-1:]
