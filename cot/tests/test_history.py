"""One market as arrays, now and as it was known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from cot.measures.timeline import Seam
from cot.models import Lineage, ObservationVersion
from cot.selectors import history
from cot.tests.stored import market, observation, source_file
from cot.variants import FACTS, variant

pytestmark = pytest.mark.django_db
DISAGG = variant("disagg", "fo")
JANUARY = [date(2026, 1, 6), date(2026, 1, 13), date(2026, 1, 20)]


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.fixture
def gold():
    return market()


@pytest.fixture
def file():
    return source_file()


def long(found: history.History) -> list[float]:
    return found.facts["g3_long"].tolist()


def test_weeks_come_oldest_first_with_nan_for_null(gold, file):
    """The order and the null that every indicator expects."""
    for day, value in zip(reversed(JANUARY), (3, None, 1), strict=True):
        observation(gold, day, file, g3_long=value, conc_gross4_long=Decimal("41.5"))
    found = history.of_market(DISAGG, gold.code)
    assert found.dates.tolist() == JANUARY
    np.testing.assert_array_equal(found.facts["g3_long"], [1, np.nan, 3])
    assert found.facts["conc_gross4_long"].tolist() == [41.5] * 3
    assert set(found.facts) == set(DISAGG.fields) == set(FACTS)
    assert found.release_at[0] == at(2026, 1, 9, 20, 30)


def test_other_variants_and_markets_stay_out(gold, file):
    observation(gold, JANUARY[0], source_file("legacy"), g1_long=1)
    observation(market("084691", name="SILVER"), JANUARY[0], file, g3_long=2)
    assert len(history.of_market(DISAGG, gold.code)) == 0
    assert set(history.of_market(variant("legacy", "fo"), gold.code).facts) == set(
        variant("legacy", "fo").fields
    )


def test_one_query_reads_all_years_of_a_market(gold, file, django_assert_num_queries):
    """One for the observations, one for the size seams; a third for what was replaced since."""
    observation(gold, JANUARY[0], file)
    with django_assert_num_queries(2):
        history.of_market(DISAGG, gold.code)
    with django_assert_num_queries(3):
        history.of_market(DISAGG, gold.code, as_of=at(2026, 2, 1))


def test_a_size_seam_comes_along_and_a_change_of_venue_does_not(gold):
    """A series never crosses from one code to another by itself."""
    Lineage.objects.all().delete()
    Lineage.objects.create(
        code=gold.code, successor=gold.code, kind="size", from_date=JANUARY[1], factor=5
    )
    Lineage.objects.create(
        code=gold.code, successor="084691", kind="size", from_date=JANUARY[2], factor=2
    )
    Lineage.objects.create(code="23977A", successor="23977A", kind="rename", from_date=JANUARY[2])
    assert history.size_seams() == {gold.code: (Seam(JANUARY[1], 5.0),)}
    assert history.of_market(DISAGG, gold.code).line.seams == (Seam(JANUARY[1], 5.0),)


def test_a_report_is_unknown_until_it_is_released(gold, file):
    """known_at decides, to the second; the Tuesday of the count does not."""
    for day in JANUARY:
        observation(gold, day, file, g3_long=day.day)
    released = at(2026, 1, 16, 20, 30)
    assert long(history.of_market(DISAGG, gold.code, as_of=released - timedelta(seconds=1))) == [6]
    assert long(history.of_market(DISAGG, gold.code, as_of=released)) == [6, 13]
    assert long(history.of_market(DISAGG, gold.code)) == [6, 13, 20]


@pytest.fixture
def revised(gold, file):
    """Printed as 10 on the 9th, as 11 from the 12th, as 12 from the 20th."""
    row = observation(gold, JANUARY[0], file, g3_long=12, version=3)
    type(row).objects.filter(pk=row.pk).update(known_at=at(2026, 1, 20))
    spans = [(1, 10, row.known_at, at(2026, 1, 12)), (2, 11, at(2026, 1, 12), at(2026, 1, 20))]
    for number, value, since, until in spans:
        ObservationVersion.objects.create(
            observation=row, version=number, facts={"open_interest": 1000, "g3_long": value, "g3_short": None},
            known_at=since, superseded_at=until, source_file=file, source_line=1,
        )  # fmt: skip
    return row


@pytest.mark.parametrize(
    ("day", "expected"), [(8, []), (10, [10]), (12, [11]), (19, [11]), (20, [12]), (25, [12])]
)
def test_of_each_row_the_version_of_that_moment_is_read(revised, gold, day, expected):
    assert long(history.of_market(DISAGG, gold.code, as_of=at(2026, 1, day))) == expected


def test_a_field_the_old_version_left_empty_is_null(revised, gold):
    found = history.of_market(DISAGG, gold.code, as_of=at(2026, 1, 10))
    assert np.isnan(found.facts["g3_short"][0])
    assert np.isnan(found.facts["g1_long"][0])


def test_of_two_overlapping_versions_the_one_that_ends_sooner_is_read(revised, gold, file):
    """An older file that came late is filed between: its span lies inside that of another version."""
    ObservationVersion.objects.create(
        observation=revised, version=4, facts={"open_interest": 1000, "g3_long": 99},
        known_at=at(2026, 1, 13), superseded_at=at(2026, 1, 15), source_file=file, source_line=1,
    )  # fmt: skip
    assert long(history.of_market(DISAGG, gold.code, as_of=at(2026, 1, 14))) == [99]
    assert long(history.of_market(DISAGG, gold.code, as_of=at(2026, 1, 16))) == [11]


def test_a_withdrawn_row_is_there_until_it_is_withdrawn(gold, file):
    observation(gold, JANUARY[0], file, g3_long=6, withdrawn_at=at(2026, 1, 20))
    assert long(history.of_market(DISAGG, gold.code)) == []
    assert long(history.of_market(DISAGG, gold.code, as_of=at(2026, 1, 19))) == [6]
    assert long(history.of_market(DISAGG, gold.code, as_of=at(2026, 1, 20))) == []
