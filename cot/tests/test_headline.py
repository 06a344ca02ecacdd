"""A market in one sentence, and since when its net was not as low or as high: worked out by hand, in both languages."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from cot import words
from cot.measures.records import LEAST, Record, record
from cot.measures.timeline import Seam, Timeline
from cot.pages.headline import Position, headline
from cot.pages.holders import recorded
from cot.variants import REPORTS, TFF

FUNDS = Position(
    words.TRADERS["lev_money"], -52_205, 6.7, 52, day=date(2026, 8, 4), flow="short_covering", long_change=-1_709, short_change=-10_276
)  # fmt: skip
MANAGERS = Position(words.TRADERS["asset_mgr"], 219_262)


def told(**changed):
    values = {name: getattr(FUNDS, name) for name in Position.__slots__}
    return headline(Position(**values | changed)).replace("\u202f", ",")


def test_a_market_is_told_in_one_sentence_and_who_stands_opposite_in_another():
    """Six per cent and seven tenths of the reports were lower: in 93 the short position was smaller."""
    assert headline(FUNDS, MANAGERS).replace("\u202f", ",") == (
        "Leveraged funds are short 52,205, more than in 93 % of the last 52 reports; "
        "they covered 10,276 shorts in the week to 4 Aug 2026. Asset managers are long 219,262."
    )


def test_the_sentence_is_ukrainian_on_a_ukrainian_page_with_its_plurals():
    with override("uk"):
        assert headline(FUNDS, MANAGERS).replace("\u202f", " ") == (
            "Фонди з плечем: чиста коротка 52 205, більша, ніж у 93 % з останніх 52 звітів; "
            "за тиждень до 4 сер 2026 вони покрили 10 276 коротких. Управителі активів: чиста довга 219 262."
        )
        assert "покрили 1 коротку" in told(short_change=-1, long_change=0)
        assert "покрили 2 короткі" in told(short_change=-2, long_change=0)
        assert "з останнього 21 звіту" in told(n=21)


@pytest.mark.parametrize(
    ("net", "rank", "words"),
    [(900, 85.6, "long 900, more than in 86 %"), (900, 20.0, "long 900, less than in 80 %"),
     (-900, 85.6, "short 900, less than in 86 %"), (-900, 50.0, "short 900, more than in 50 %")],
)  # fmt: skip
def test_more_and_less_are_meant_of_the_size_of_the_position(net, rank, words):
    """A long position is compared by its rank, a short one by what the rank leaves."""
    assert told(net=net, rank=rank).startswith(
        f"Leveraged funds are {words} of the last 52 reports"
    )


@pytest.mark.parametrize(
    ("flow", "long", "short", "words"),
    [("new_longs", 1, 0, "they added 1 long in the week to 4 Aug 2026"), ("new_longs", 30, -20, "they added 30 longs in the week to 4 Aug 2026"),
     ("long_liquidation", -30, 20, "they cut 30 longs in the week to 4 Aug 2026"), ("new_shorts", 10, 20, "they added 20 shorts in the week to 4 Aug 2026"),
     ("no_change", 0, 0, "neither their longs nor their shorts moved more in the week to 4 Aug 2026")],
)  # fmt: skip
def test_the_side_that_moved_more_is_named_with_its_contracts(flow, long, short, words):
    assert told(flow=flow, long_change=long, short_change=short).endswith(f"; {words}.")


def test_the_week_is_that_of_the_report_whenever_one_reads_of_it():
    """Neither a past instant nor a market that is reported no more has a "this week"."""
    assert told(day=date(2025, 4, 29)).endswith(
        "; they covered 10,276 shorts in the week to 29 Apr 2025."
    )


def test_what_is_not_known_is_said_with_its_reason():
    assert told(rank=None, why="window") == (
        "Leveraged funds are short 52,205, with no percentile: too few observations for this window; "
        "they covered 10,276 shorts in the week to 4 Aug 2026."
    )
    assert told(flow=None, flow_why="no_prior_week").endswith(
        "; what they did in the week to 4 Aug 2026 is unknown: no row the week before."
    )
    assert told(net=0).startswith("Leveraged funds are flat; ")
    assert told(net=None).startswith("What Leveraged funds hold is unknown; ")


def test_every_group_of_every_report_is_the_subject_of_a_sentence():
    stems = {group.stem for report in REPORTS.values() for group in report.groups}
    assert stems == set(words.TRADERS)


# --- records ---


def of_nets(nets, seams=()):
    days = [date(2025, 1, 7) + timedelta(weeks=week) for week in range(len(nets))]
    facts = {"g3_long": np.array(nets, float), "g3_short": np.zeros(len(nets))}
    return Timeline(np.array(days, "datetime64[D]"), facts, TFF.groups, seams)


def test_the_lowest_net_since_the_last_report_that_was_as_low():
    """Second of eleven: 14 January. Nine reports are higher than it since."""
    line = of_nets([9, 3, 8, 7, 8, 9, 6, 7, 8, 5, 3])
    assert record(line, "g3") == Record("lowest", date(2025, 1, 14), 9)
    assert recorded(record(line, "g3")) == "lowest since 14 Jan 2025"


def test_the_highest_of_all_reports_has_no_day():
    found = record(of_nets(range(LEAST + 3)), "g3")
    assert (found, recorded(found)) == (Record("highest", None, LEAST + 3), "highest of 11 reports")


def test_what_was_as_low_and_as_high_a_few_reports_ago_is_no_record():
    assert record(of_nets([5] * 20), "g3") is None
    assert record(of_nets([]), "g3") is None
    assert record(of_nets([1, 2, np.nan]), "g3") is None


def test_a_record_is_counted_in_contracts_of_the_newest_size():
    """Before a contract five times as large 40 stood for 8 of today: the 9 of today is the highest."""
    nets, day = [40] * 10 + [9], date(2025, 1, 7) + timedelta(weeks=10)
    assert record(of_nets(nets, [Seam(day, 0.2)]), "g3") == Record("highest", None, 11)
    assert record(of_nets(nets, [Seam(day, None)]), "g3") is None


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=40))
def test_no_report_since_then_was_as_low_or_as_high(nets):
    found = record(of_nets(nets), "g3")
    if found is not None:
        *since, newest = nets[-found.n :]
        assert all(net > newest if found.end == "lowest" else net < newest for net in since)
        assert found.n >= LEAST
