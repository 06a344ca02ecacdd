"""Storing one file: what changes, what is kept, what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from cot.models import (
    CropSplit,
    Market,
    MarketName,
    Observation,
    ObservationVersion,
    QuarantinedRow,
    ReleaseNotice,
    ReviewItem,
    SourceFile,
)
from cot.pipeline import columns, ingest, parsing
from cot.pipeline.report_table import Rejection
from cot.pipeline.sightings import split_name
from cot.tests.cftc_text import market_codes, row, series, text, weeks
from cot.variants import VARIANTS

pytestmark = pytest.mark.django_db

DISAGG = VARIANTS["disagg_fo"]
FETCHED = datetime(2024, 3, 1, tzinfo=UTC)
_digest = iter(range(10**9))


def origin(
    variant=DISAGG, kind="yearly", url="y2024.zip", modified=1, fetched=FETCHED, **given
) -> SourceFile:
    """A file whose Last-Modified is `modified` days into March 2024."""
    return SourceFile(
        url=url,
        kind=kind,
        report_type=variant.type,
        subtype=variant.subtype,
        year=2024 if kind == "yearly" else None,
        sha256=f"{next(_digest):064d}",
        last_modified=None if modified is None else datetime(2024, 3, modified, tzinfo=UTC),
        fetched_at=fetched,
        **given,
    )


def save(rows, file=None, variant=DISAGG):
    table = parsing.parse(parsing.as_text(text(rows)), variant)
    return ingest.save(table, file or origin(variant))


def markets(count=30, size=100, **given):
    return [row(DISAGG, code=code, size=size, **given) for code in market_codes(count)]


def changed(rows, place, size=150, **cells):
    """The same rows with one row in another size."""
    rows = list(rows)
    old = rows[place]
    day = date.fromisoformat(old[columns.DATE])
    rows[place] = row(DISAGG, code=old[columns.CODE], day=day, size=size, cells=cells)
    return rows


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=lambda variant: variant.key)
def test_every_printed_fact_is_stored_as_printed(variant):
    rows = series(variant, [100, 120])
    save(rows, variant=variant)
    stored = Observation.objects.get(report_date=date(2024, 1, 9))
    for field, column in columns.fact_columns(variant).items():
        assert float(getattr(stored, field)) == float(rows[1][column]), field
    for field in set(variant.fields) - set(columns.fact_columns(variant)):
        assert getattr(stored, field) is None, field
    assert (stored.version, stored.quality, stored.source_line) == (1, "ok", 3)


def test_null_is_stored_as_null():
    """A point is null, a blank is null, a zero is zero."""
    save([row(DISAGG, cells={"traders_swap_short_all": "."})])
    stored = Observation.objects.get()
    assert stored.g2_traders_short is None
    assert stored.oi_change is None
    assert stored.g1_long == 100


def test_crop_years_are_kept_only_where_other_is_not_zero():
    """Kept as lists in the order of `Variant.crop_fields`, only where something belongs to the other crop years."""
    split = {
        "open_interest_old": "1809",
        "open_interest_other": "7",
        "prod_merc_positions_long_old": "93",
        "prod_merc_positions_long_other": "7",
        "nonrept_positions_short_old": "93",
        "nonrept_positions_short_other": "7",
    }
    whole = row(DISAGG, code="002602")
    split["open_interest_old"] = str(int(whole["open_interest_all"]) - 7)
    save([row(DISAGG, cells=split), whole])
    kept = CropSplit.objects.get()
    assert kept.observation.market_id == "001602"
    old, other = (
        dict(zip(DISAGG.crop_fields, numbers, strict=True)) for numbers in (kept.old, kept.other)
    )
    assert (old["g1_long"], other["g1_long"], other["g5_short"]) == (93, 7, 7)
    assert (old["conc_gross4_long"], old["g1_spread"]) == (20.5, None)
    assert other["open_interest"] == 7


def test_the_first_version_is_known_at_its_release():
    """The report of Tuesday 2024-01-02 came out on Friday, 15:30 in New York."""
    save([row(DISAGG)])
    stored = Observation.objects.get()
    assert stored.known_at == stored.release_at == datetime(2024, 1, 5, 20, 30, tzinfo=UTC)
    assert stored.vintage_basis == "backfilled"
    assert stored.release_source == "derived"


def test_a_row_fetched_within_eight_days_of_its_release_is_captured():
    save([row(DISAGG)], origin(fetched=datetime(2024, 1, 13, tzinfo=UTC)))
    assert Observation.objects.get().vintage_basis == "captured"


def test_the_same_rows_again_change_nothing():
    save(markets())
    before = list(Observation.objects.values())
    outcome = save(markets(), origin(url="other.txt", kind="weekly", modified=9))
    assert (outcome.inserted, outcome.updated, outcome.unchanged) == (0, 0, 30)
    assert list(Observation.objects.values()) == before
    assert not ObservationVersion.objects.exists()


def test_a_changed_row_keeps_what_it_replaced():
    """The old facts, until the Last-Modified of the file that brought the new ones."""
    save(markets(), origin(modified=1))
    outcome = save(changed(markets(), 3), origin(modified=8))
    assert (outcome.updated, outcome.unchanged) == (1, 29)
    new = Observation.objects.get(market="001605")
    old = ObservationVersion.objects.get()
    assert (new.version, new.g1_long, new.known_at) == (2, 150, datetime(2024, 3, 8, tzinfo=UTC))
    assert (old.version, old.facts["g1_long"], old.observation) == (1, 100, new)
    assert (old.known_at, old.superseded_at) == (new.release_at, new.known_at)
    assert old.source_file != new.source_file


def test_a_change_is_known_when_fetched_where_the_time_stamp_says_less():
    """Last-Modified not later than our previous fetch of that file, or none at all."""
    save(markets(), origin(modified=None, fetched=FETCHED))
    later = FETCHED + timedelta(days=7)
    save(changed(markets(), 3), origin(modified=None, fetched=later))
    assert Observation.objects.get(version=2).known_at == later


def test_an_older_file_that_arrives_late_is_filed_behind_the_present_row():
    save(changed(markets(), 3), origin(modified=8))
    outcome = save(markets(), origin(modified=1))
    assert outcome.updated == 0
    new = Observation.objects.get(market="001605")
    old = ObservationVersion.objects.get()
    assert (new.g1_long, old.facts["g1_long"]) == (150, 100)
    assert (old.known_at, old.superseded_at, new.known_at) == (
        new.release_at, datetime(2024, 3, 8, tzinfo=UTC), datetime(2024, 3, 8, tzinfo=UTC),
    )  # fmt: skip
    assert new.version == 2


def test_a_key_a_newer_archive_lost_is_withdrawn_and_may_return():
    """Never deleted; what lay between is remembered."""
    save(markets(40), origin(modified=1))
    assert save(markets(39), origin(modified=8)).withdrawn == 1
    gone = Observation.objects.get(market=market_codes(40)[-1])
    assert gone.withdrawn_at == datetime(2024, 3, 8, tzinfo=UTC)
    assert save(markets(40), origin(modified=15)).updated == 1
    back = Observation.objects.get(pk=gone.pk)
    assert (back.withdrawn_at, back.version, back.known_at) == (
        None,
        2,
        datetime(2024, 3, 15, tzinfo=UTC),
    )
    assert ObservationVersion.objects.get().superseded_at == gone.withdrawn_at


def test_a_weekly_file_withdraws_nothing():
    """Only a complete file of the year can."""
    save(markets(40))
    assert save(markets(39), origin(kind="weekly", url="w.txt", modified=8)).withdrawn == 0


def test_an_archive_that_lost_a_twentieth_of_its_keys_is_refused():
    """37 of 40 is less than 95 %, 38 is not."""
    save(markets(40), origin(modified=1))
    with pytest.raises(Rejection, match="shrunken"):
        save(markets(37), origin(modified=8))
    assert not Observation.objects.exclude(withdrawn_at=None).exists()
    assert save(markets(38), origin(modified=8)).withdrawn == 2


def test_more_than_five_percent_of_bad_rows_refuse_the_file():
    """2 of 40 is 5 %, 3 is more."""
    bad = {"open_interest_all": "5"}
    rows = markets(40)
    two = [r | bad if place < 2 else r for place, r in enumerate(rows)]
    three = [r | bad if place < 3 else r for place, r in enumerate(rows)]
    with pytest.raises(Rejection, match=r"too_many_failures .*long_side.*short_side") as refused:
        save(three)
    assert {line.line for line in refused.value.set_aside} == {2, 3, 4}
    assert not Observation.objects.exists()
    assert not SourceFile.objects.exists()
    assert save(two).quarantined == 2


def test_a_failing_row_is_set_aside_with_both_sides_and_the_last_good_one_stays():
    save(markets(), origin(modified=1))
    rows = markets()
    rows[4] = rows[4] | {"open_interest_all": "5"}
    outcome = save(rows, origin(modified=8))
    assert (outcome.quarantined, outcome.rejected_lines, outcome.updated, outcome.withdrawn) == (
        1,
        0,
        0,
        0,
    )
    side = QuarantinedRow.objects.get()  # one line, however many identities it breaks
    assert {"long_side", "short_side", "percent"} <= set(side.reasons)
    broken = side.details["identities"]
    assert (broken[0]["reason"], broken[0]["left"]) == ("long_side", 5)
    assert {identity["reason"] for identity in broken} == set(side.reasons)
    assert (side.line, side.report_date) == (6, date(2024, 1, 2))
    assert side.raw.startswith("WHEAT-SRW")
    assert Observation.objects.get(market="001606").open_interest == int(
        markets()[4]["open_interest_all"]
    )


def test_a_short_line_is_set_aside_and_all_others_are_stored():
    content = text(markets()).replace(b"001610,CBT ,00,", b"001610,CBT .00,")
    outcome = ingest.save(parsing.parse(parsing.as_text(content), DISAGG), origin())
    assert (outcome.rows, outcome.inserted, outcome.quarantined, outcome.rejected_lines) == (
        29,
        29,
        1,
        1,
    )
    assert QuarantinedRow.objects.get().reasons == ["field_count"]


@pytest.mark.parametrize("length", [60, 40, 5])
def test_a_line_cut_before_its_whole_code_takes_no_stored_row_away(length: int):
    """The last good observation stays, whatever is left of the line that should repeat it."""
    save(markets(), origin(modified=1))
    lines = text(markets()).split(b"\r\n")
    place = next(number for number, line in enumerate(lines) if b"001610" in line)
    lines[place] = lines[place][: min(length, lines[place].index(b"001610") + 4)]
    outcome = ingest.save(
        parsing.parse(parsing.as_text(b"\r\n".join(lines)), DISAGG), origin(modified=8)
    )
    assert (outcome.quarantined, outcome.withdrawn, outcome.unchanged) == (1, 0, 29)
    assert QuarantinedRow.objects.get().code == ""
    assert Observation.objects.get(market="001610").withdrawn_at is None


def test_a_later_good_row_closes_the_quarantined_one():
    bad = markets()
    bad[4] = bad[4] | {"open_interest_all": "5"}
    save(bad, origin(modified=1))
    save(markets(), origin(modified=8))
    assert set(QuarantinedRow.objects.values_list("resolution", flat=True)) == {"corrected"}
    assert Observation.objects.filter(market="001606").exists()


def test_the_same_bad_row_in_the_next_version_of_the_file_is_one_open_row():
    """First seen then, last seen now."""
    bad = markets()
    bad[4] = bad[4] | {"open_interest_all": "5"}
    save(bad, origin(modified=1))
    later = FETCHED + timedelta(days=7)
    save(changed(bad, 7), origin(modified=8, fetched=later))
    waiting = QuarantinedRow.objects.get(resolved_at=None)
    assert (waiting.first_seen, waiting.last_seen) == (FETCHED, later)


def test_an_older_good_row_does_not_close_a_newer_bad_one():
    bad = markets()
    bad[4] = bad[4] | {"open_interest_all": "5"}
    save(bad, origin(modified=8))
    save(markets(), origin(modified=1))
    assert QuarantinedRow.objects.filter(code="001606", resolved_at=None).exists()


def test_a_row_an_administrator_accepted_stays_accepted_while_it_says_the_same():
    save(markets())
    Observation.objects.filter(market="001606").update(open_interest=5, quality="warned")
    bad = markets()
    bad[4] = bad[4] | {"open_interest_all": "5"}
    outcome = save(bad, origin(modified=8))
    assert (outcome.quarantined, outcome.unchanged) == (0, 30)


def test_a_restated_closed_year_is_stored_and_asks_for_a_look():
    fetched = datetime(2026, 3, 1, tzinfo=UTC)
    save(markets(), origin(modified=1, fetched=fetched))
    save(changed(markets(), 3), origin(modified=8, fetched=fetched))
    item = ReviewItem.objects.get(kind="restated_closed_year")
    assert (item.market_id, item.payload["report_dates"]) == ("001605", ["2024-01-02"])


def test_the_change_of_a_weekly_file_is_held_against_the_stored_week():
    two = [series(DISAGG, [100, 120], code=code) for code in market_codes(30)]
    save([first for first, _ in two])
    second = [last for _, last in two]
    second[2] = second[2] | {"change_in_swap_long_all": "7"}
    outcome = save(second, origin(kind="weekly", url="w.txt", modified=8))
    assert (outcome.inserted, outcome.quarantined) == (29, 1)
    assert QuarantinedRow.objects.get().reasons == ["change"]


def test_a_change_that_agrees_with_a_replaced_version_passes():
    """Any stored version of the previous row."""
    two = [series(DISAGG, [100, 120], code=code) for code in market_codes(30)]
    save([first for first, _ in two], origin(modified=1))
    save(changed([first for first, _ in two], 2), origin(modified=2))
    outcome = save([last for _, last in two], origin(kind="weekly", url="w.txt", modified=8))
    assert (outcome.inserted, outcome.quarantined) == (30, 0)


def test_a_renamed_market_keeps_its_old_name_in_the_history():
    """The key is the code."""
    days = weeks(2)
    save([row(DISAGG, day=days[0], name="WHEAT - CHICAGO BOARD OF TRADE"), row(DISAGG, day=days[1], name="WHEAT-SRW - CHICAGO BOARD OF TRADE")])  # fmt: skip
    assert Market.objects.get().name == "WHEAT-SRW"
    assert set(MarketName.objects.values_list("name", flat=True)) == {"WHEAT", "WHEAT-SRW"}
    assert Observation.objects.count() == 2


def test_a_blank_market_name_keeps_the_last_known_one():
    save([row(DISAGG, day=weeks(2)[0])])
    save(
        [row(DISAGG, day=weeks(2)[1], name=" - CHICAGO MERCANTILE EXCHANGE")],
        origin(kind="weekly", url="w", modified=8),
    )
    assert Market.objects.get().name == "WHEAT-SRW"


@pytest.mark.parametrize(
    ("printed", "market", "exchange"),
    [
        (
            "NO. 2 HEATING OIL, NY - HARBOR - NEW YORK MERCANTILE",
            "NO. 2 HEATING OIL, NY - HARBOR",
            "NEW YORK MERCANTILE",
        ),
        ("- CHICAGO MERCANTILE EXCHANGE", "", "CHICAGO MERCANTILE EXCHANGE"),
    ],
)
def test_the_exchange_is_what_follows_the_last_dash(printed: str, market: str, exchange: str):
    assert split_name(printed) == (market, exchange)


def test_kept_versions_and_notices_cannot_be_changed_or_deleted():
    """The database refuses it, on both vendors."""
    save(markets(), origin(modified=1))
    save(changed(markets(), 3), origin(modified=8))
    ReleaseNotice.objects.create(
        report_date=date(2024, 1, 2), release_at=FETCHED, source="announced"
    )
    for rows, field in (
        (ObservationVersion.objects.all(), "version"),
        (ReleaseNotice.objects.all(), "text"),
    ):
        for deed in (
            lambda rows=rows, field=field: rows.update(**{field: 9}),
            lambda rows=rows: rows._raw_delete(rows.db),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                deed()


def test_a_demo_row_is_replaced_without_a_trace():
    """Invented numbers were never published: they leave no version behind."""
    save(markets(), origin(modified=1, is_demo=True))
    save(changed(markets(), 3), origin(modified=8, is_demo=True))
    assert Observation.objects.get(market="001605").g1_long == 150
    assert not ObservationVersion.objects.exists()


def legacy(sizes, subtype="fo"):
    variant = VARIANTS[f"legacy_{subtype}"]
    codes = market_codes(len(sizes))
    return variant, [
        row(variant, code=code, size=size) for code, size in zip(codes, sizes, strict=True)
    ]


def test_futures_only_offered_as_combined_is_refused():
    """Legacy files do not say which they are; a week that repeats the stored sibling is the sibling."""
    futures_only, rows = legacy([100] * 30)
    save(rows, origin(futures_only), futures_only)
    combined = VARIANTS["legacy_co"]
    with pytest.raises(Rejection, match="wrong_variant"):
        save(rows, origin(combined), combined)
    assert not Observation.objects.filter(subtype="co").exists()
    assert not SourceFile.objects.filter(subtype="co").exists()


def test_combined_beside_futures_only_is_stored_where_some_markets_are_alike():
    futures_only, rows = legacy([100] * 30)
    save(rows, origin(futures_only), futures_only)
    combined, rows = legacy([100] * 23 + [120] * 7, "co")  # 77 % alike: the most there ever was
    save(rows, origin(combined), combined)
    assert Observation.objects.filter(subtype="co").count() == 30
