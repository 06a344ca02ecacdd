"""What was replaced, what is missing, how markets are classified, what a person closed."""

from __future__ import annotations

from datetime import date

import pytest

from core import versions
from cot.models import ObservationVersion, QuarantinedRow, ReviewItem
from cot.selectors import quality
from cot.tests.stored import instant, market, observation, source_file, weeks
from cot.variants import VARIANTS

pytestmark = pytest.mark.django_db


def replaced_version(of, number, until, **facts):
    return ObservationVersion.objects.create(
        observation=of,
        version=number,
        facts=facts,
        known_at=of.release_at,
        superseded_at=until,
        source_file=of.source_file,
        source_line=7,
    )


def test_a_revision_names_only_the_cells_that_changed():
    """Open interest stayed, one position and one concentration changed."""
    shown = observation(
        market(), date(2026, 2, 3), source_file(), version=2, g3_long=120, conc_gross4_long="31.5"
    )
    until = instant(2026, 2, 14)
    replaced_version(shown, 1, until, open_interest=1000, g3_long=100, conc_gross4_long=31.4)
    cells = quality.changed_cells(quality.replaced())
    assert [(cell.code, cell.field, cell.was, cell.now, cell.known_at) for cell in cells] == [
        ("088691", "g3_long", 100, 120, until),
        ("088691", "conc_gross4_long", 31.4, 31.5, until),
    ]


def test_a_number_changed_twice_is_two_revisions():
    """Each version is compared with the one that replaced it, not with what is shown now."""
    shown = observation(market(), date(2026, 2, 3), source_file(), version=3, open_interest=30)
    replaced_version(shown, 1, instant(2026, 2, 10), open_interest=10)
    replaced_version(shown, 2, instant(2026, 2, 17), open_interest=20)
    assert [(cell.was, cell.now) for cell in quality.changed_cells(quality.replaced())] == [
        (20, 30),
        (10, 20),
    ]


def test_a_row_that_was_away_in_between_is_known_since_it_came_back():
    """Withdrawn on the 14th, back with another number on the 21st."""
    shown = observation(
        market(),
        date(2026, 2, 3),
        source_file(),
        version=2,
        open_interest=30,
        known_at=instant(2026, 2, 21),
    )
    replaced_version(shown, 1, instant(2026, 2, 14), open_interest=10)
    assert [cell.known_at for cell in quality.changed_cells(quality.replaced())] == [
        instant(2026, 2, 21)
    ]


def test_fifty_revisions_cost_two_queries(django_assert_num_queries):
    gold, file = market(), source_file()
    for shown in weeks(gold, file, date(2025, 1, 7), 50, version=2):
        replaced_version(shown, 1, instant(2026, 2, 14), open_interest=1)
    with django_assert_num_queries(2):
        assert len(quality.changed_cells(quality.replaced())) == 50


def test_a_market_missing_from_two_reports_has_one_gap():
    """Silver keeps the reports of those weeks, so gold is missing from two of them."""
    gold, silver, file = market(), market("084691", name="SILVER"), source_file()
    weeks(silver, file, date(2026, 1, 6), 5)
    weeks(gold, file, date(2026, 1, 6), 2)
    observation(gold, date(2026, 2, 3), file)
    versions.bump("cot")
    assert quality.gaps(VARIANTS["disagg_fo"]) == [
        quality.Gap("disagg", "fo", "088691", date(2026, 1, 13), date(2026, 2, 3), 2)
    ]
    assert quality.gaps(VARIANTS["disagg_co"]) == []


def test_a_report_moved_by_a_day_is_no_gap():
    """Tuesday to Monday and back are steps of six and eight days."""
    gold, file = market(), source_file()
    for day in (date(2023, 6, 27), date(2023, 7, 3), date(2023, 7, 11)):
        observation(gold, day, file)
    assert quality.gaps(VARIANTS["disagg_fo"]) == []


def test_years_that_are_not_stored_at_all_are_no_gap_of_a_market():
    """No market is in a report that is not there."""
    gold, silver, file = market(), market("084691", name="SILVER"), source_file()
    for code in (gold, silver):
        observation(code, date(2019, 12, 31), file)
        observation(code, date(2023, 1, 3), file)
    versions.bump("cot")
    assert quality.gaps(VARIANTS["disagg_fo"]) == []


def test_categories_share_the_open_interest_of_the_newest_report():
    """600 and 200 of 800; last week's row counts nowhere, a consolidated code adds no open interest."""
    file = source_file()
    day = date(2026, 2, 3)
    observation(market(), day, file, open_interest=600)
    observation(market("002602", category="grains", sector="corn"), day, file, open_interest=200)
    observation(
        market("12460+", category="grains", sector="corn", is_consolidated=True),
        day,
        file,
        open_interest=900,
    )
    observation(
        market("058643", category="softs", sector="lumber"),
        date(2026, 1, 27),
        file,
        open_interest=50,
    )
    assert [
        (row.display, row.codes, row.oi_share, row.sectors) for row in quality.categories("fo")
    ] == [
        ("Metals", 1, 75.0, ["precious"]),
        ("Grains & oil crops", 2, 25.0, ["corn"]),
    ]
    assert quality.categories("co") == []


def test_an_item_is_closed_once():
    """The note of the first person is not overwritten by a second one."""
    item = ReviewItem.objects.create(kind="unclassified", opened_at=instant(2026, 2, 7))
    quality.close_review(item=item, note="a coin", at=instant(2026, 2, 8))
    with pytest.raises(quality.AlreadyClosed):
        quality.close_review(item=item, note="a token", at=instant(2026, 2, 9))
    item.refresh_from_db()
    assert (item.note, item.closed_at) == ("a coin", instant(2026, 2, 8))


def test_a_closed_row_is_obsolete_and_is_closed_once():
    row = QuarantinedRow.objects.create(
        source_file=source_file(), line=2, raw="…", report_type="disagg", subtype="fo", reasons=["long_side"],
        first_seen=instant(2026, 2, 7), last_seen=instant(2026, 2, 7),
    )  # fmt: skip
    quality.close_quarantined(row=row, at=instant(2026, 2, 8))
    row.refresh_from_db()
    assert (row.resolution, row.resolved_at) == ("obsolete", instant(2026, 2, 8))
    with pytest.raises(quality.AlreadyClosed):
        quality.close_quarantined(row=row, at=instant(2026, 2, 9))
